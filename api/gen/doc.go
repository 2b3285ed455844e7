// Package gen holds the wire types and the server interface that are generated from openapi.yaml. Nothing in api.gen.go is written by hand.
package gen

//go:generate go tool oapi-codegen -config oapi-codegen.yaml ../../openapi.yaml
