// Package orgfile is the organisation as a YAML file (JSON is YAML too). It reads strictly: a field that is not known, or that is there twice, is a fault with its line.
//
//	read.go   document to organisation
//	write.go  organisation to document
package orgfile
