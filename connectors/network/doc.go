// Package network is what connectors share below their drivers: whether a server
// can be reached at all, said in words an administrator can act on; and a [Guard]
// that makes deadlines hold whatever a driver does.
//
// Law 11: addresses and names of hosts are told; errors of the system are named,
// never passed on as they are, for some quote what they were given.
package network
