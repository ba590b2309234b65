// Package network is what connectors share below their drivers: whether a server
// can be reached at all, said in words an administrator can act on.
//
// Law 11: addresses and names of hosts are told; errors of the system are named,
// never passed on as they are, for some quote what they were given.
package network
