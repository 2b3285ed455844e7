package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"sori/domain"
)

// wireClientBulk is the wire version of MongoDB 8.0, which brought one bulk write over many collections.
const wireClientBulk = 25

// dialect is what servers that speak MongoDB's protocol differ in. The zero value but for hints and partial is the oldest MongoDB that Sori works with.
//
// The tests run with SecantusDB, which says the same as MongoDB in all that Sori asks it, but has four ways of its own: it takes a hint for the order to read
// that index from end to end; it uses no partial index unless it is so ordered; it sorts all that a filter finds, though an index has the order (window.go); and it
// refuses a new document a unique key that an update has taken from another (duplicate.go).
type dialect struct {
	clientBulk bool // there is one bulk write over many collections
	hints      bool // a query says which index serves it, so that the planner cannot choose one that happens to look as good
	partial    bool // a sparse index leaves out the documents without the field
	sorts      bool // a page costs what all that its filter finds does
	staleKeys  bool // a key may be said to be taken that nobody has
}

// learnDialect asks the server what it is. Unavailable if it has no transactions: those need a replica set or a sharded cluster.
func (s *Store) learnDialect(ctx context.Context) (dialect, error) {
	var hello struct {
		SetName     string `bson:"setName"`
		Msg         string `bson:"msg"`
		WireVersion int    `bson:"maxWireVersion"`
	}
	if err := s.db.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
		return dialect{}, toDomain(err)
	}
	if hello.SetName == "" && hello.Msg != "isdbgrid" {
		return dialect{}, domain.Errorf(domain.Unavailable, "the MongoDB server is no replica set, and so has no transactions: start it with --replSet and call rs.initiate()")
	}
	var build struct {
		Secantus string `bson:"secantusVersion"`
	}
	if err := s.db.RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Decode(&build); err != nil {
		return dialect{}, toDomain(err)
	}
	mongoDB := build.Secantus == ""
	return dialect{clientBulk: hello.WireVersion >= wireClientBulk, hints: mongoDB, partial: mongoDB, sorts: !mongoDB, staleKeys: !mongoDB}, nil
}
