package mongostore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"sori/domain"
)

const (
	collectionSearch = "search"
	indexTokens      = "tokens"
	// searchTimeout bounds what a query of many common words may cost.
	searchTimeout = 5 * time.Second
	// maxSearchTokens is the most tokens of a query that are looked at; what they find is narrowed by the longest first.
	maxSearchTokens = 64
	putAtOnce       = 500
)

// searchIndex is a collection of token lists with an index over the tokens and, within each, the order of birth, newest first. It needs nothing that only a hosted
// MongoDB has.
type searchIndex struct{ coll *mongo.Collection }

func newSearchIndex(db *mongo.Database) *searchIndex {
	return &searchIndex{db.Collection(collectionSearch)}
}

// searchEntry is a domain.SearchDocument as it is stored.
type searchEntry struct {
	ID         string        `bson:"_id"`
	InquiryID  string        `bson:"inquiryId"`
	CustomerID string        `bson:"customerId"`
	At         bson.DateTime `bson:"at"`
}

func (x *searchIndex) createIndexes(ctx context.Context) error {
	_, err := x.coll.Indexes().CreateOne(ctx, mongo.IndexModel{
		Keys: bson.D{{Key: "tokens", Value: 1}, {Key: "order", Value: -1}}, Options: options.Index().SetName(indexTokens),
	})
	return toDomain(err)
}

// Put indexes documents, replacing what was there under their ids. A document keeps the place in the order that its first Put gave it.
func (x *searchIndex) Put(ctx context.Context, docs []domain.SearchDocument) error {
	for len(docs) > 0 {
		n := min(len(docs), putAtOnce)
		models := make([]mongo.WriteModel, n)
		for i, d := range docs[:n] {
			models[i] = putModel(d)
		}
		if _, err := x.coll.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(true)); err != nil {
			return toDomain(err)
		}
		docs = docs[n:]
	}
	return nil
}

func putModel(d domain.SearchDocument) mongo.WriteModel {
	tokens := make([]string, len(d.Tokens))
	for i, t := range d.Tokens {
		tokens[i] = validText(t)
	}
	kind, _, _ := strings.Cut(d.ID, "_")
	set := bson.D{
		{Key: "inquiryId", Value: d.InquiryID}, {Key: "customerId", Value: d.CustomerID}, {Key: "kind", Value: kind},
		{Key: "at", Value: bson.NewDateTimeFromTime(d.At)}, {Key: "tokens", Value: tokens},
	}
	first := bson.D{{Key: "order", Value: domain.NewID("ord")}}
	return mongo.NewUpdateOneModel().SetFilter(bson.D{{Key: fieldID, Value: d.ID}}).SetUpsert(true).
		SetUpdate(bson.D{{Key: "$set", Value: set}, {Key: "$setOnInsert", Value: first}})
}

// Remove takes documents out.
func (x *searchIndex) Remove(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := x.coll.DeleteMany(ctx, bson.D{{Key: fieldID, Value: bson.D{{Key: "$in", Value: ids}}}})
	return toDomain(err)
}

// Empty tells whether there is nothing in the index.
func (x *searchIndex) Empty(ctx context.Context) (bool, error) {
	err := x.coll.FindOne(ctx, bson.D{}, options.FindOne().SetProjection(bson.D{{Key: fieldID, Value: 1}})).Err()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return true, nil
	}
	return false, toDomain(err)
}

// Clear empties the index.
func (x *searchIndex) Clear(ctx context.Context) error {
	_, err := x.coll.DeleteMany(ctx, bson.D{})
	return toDomain(err)
}

// Find gives the newest documents that hold all terms. Unavailable if the server does not find them in time.
func (x *searchIndex) Find(ctx context.Context, terms []domain.SearchTerm, kinds []string, limit int) ([]domain.SearchDocument, error) {
	filter := termsFilter(terms)
	if len(filter) == 0 || limit <= 0 {
		return nil, nil
	}
	if len(kinds) > 0 {
		filter = append(filter, bson.D{{Key: "kind", Value: bson.D{{Key: "$in", Value: kinds}}}})
	}
	ctx, cancel := context.WithTimeout(ctx, searchTimeout) // the driver tells the server
	defer cancel()
	opts := options.Find().SetSort(bson.D{{Key: "order", Value: -1}}).SetLimit(int64(limit)).
		SetProjection(bson.D{{Key: "inquiryId", Value: 1}, {Key: "customerId", Value: 1}, {Key: "at", Value: 1}})
	cur, err := x.coll.Find(ctx, bson.D{{Key: "$and", Value: filter}}, opts)
	if err != nil {
		return nil, toDomain(err)
	}
	var found []searchEntry
	if err := cur.All(ctx, &found); err != nil {
		return nil, toDomain(err)
	}
	out := make([]domain.SearchDocument, len(found))
	for i, e := range found {
		out[i] = domain.SearchDocument{ID: e.ID, InquiryID: e.InquiryID, CustomerID: e.CustomerID, At: e.At.Time().UTC()}
	}
	return out, nil
}

// termsFilter asks for each token on its own, whole tokens before beginnings and long ones first: those are the rarest, and the server
// enters the index by one of them.
func termsFilter(terms []domain.SearchTerm) bson.A {
	var whole []string
	var begun bson.A
	for _, t := range terms {
		for i, token := range t.Tokens {
			token = validText(token)
			if t.Prefix && i == len(t.Tokens)-1 {
				begun = append(begun, bson.D{{Key: "tokens", Value: beginning(token)}})
			} else if !slices.Contains(whole, token) {
				whole = append(whole, token)
			}
		}
	}
	slices.SortStableFunc(whole, func(a, b string) int { return len(b) - len(a) })
	var out bson.A
	for _, token := range whole {
		out = append(out, bson.D{{Key: "tokens", Value: token}})
	}
	out = append(out, begun...)
	return out[:min(len(out), maxSearchTokens)]
}

// beginning matches a list with an element that begins with a token. A range does what an anchored regular expression would, needs no
// escaping and bears every letter. U+10FFFF is no character, so no token has it.
func beginning(token string) bson.D {
	return bson.D{{Key: "$elemMatch", Value: bson.D{{Key: "$gte", Value: token}, {Key: "$lt", Value: token + "\U0010FFFF"}}}}
}
