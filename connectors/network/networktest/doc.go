// Package networktest puts a bad network between a driver and its server.
package networktest
