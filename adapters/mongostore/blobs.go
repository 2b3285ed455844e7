package mongostore

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"sori/domain"
)

const (
	bucketName        = "blobdata"
	collectionUploads = "_uploads"
)

// blobStore keeps contents in GridFS. Each Put has a place of its own, so that sweeping what an earlier one left behind cannot hit it.
//
// GridFS writes the chunks before the file's document. So that the chunks of an upload that died are found again, its place is first noted in _uploads.
type blobStore struct {
	bucket  *mongo.GridFSBucket
	uploads *mongo.Collection
	opening sync.Mutex
}

func newBlobStore(db *mongo.Database) *blobStore {
	return &blobStore{bucket: db.GridFSBucket(options.GridFSBucket().SetName(bucketName)), uploads: db.Collection(collectionUploads)}
}

func (b *blobStore) createIndexes(ctx context.Context) error {
	_, err := b.bucket.GetFilesCollection().Indexes().CreateOne(ctx, mongo.IndexModel{
		Keys: bson.D{{Key: "uploadDate", Value: 1}, {Key: fieldID, Value: 1}}, Options: options.Index().SetName("uploadDate"),
	})
	return toDomain(err)
}

// Put stores the content and answers its place when a majority has it.
func (b *blobStore) Put(ctx context.Context, hash string, content io.Reader) (string, error) {
	id := bson.NewObjectID()
	if _, err := b.uploads.InsertOne(ctx, bson.D{{Key: fieldID, Value: id}}); err != nil {
		return "", toDomain(err)
	}
	if err := b.upload(ctx, id, hash, content); err != nil {
		return "", toDomain(err) // Sweep removes what is there of it
	}
	if _, err := b.uploads.DeleteOne(ctx, bson.D{{Key: fieldID, Value: id}}); err != nil {
		return "", toDomain(err)
	}
	return id.Hex(), nil
}

// upload does what the bucket's UploadFromStreamWithID does, which shares one buffer among all callers.
func (b *blobStore) upload(ctx context.Context, id bson.ObjectID, hash string, content io.Reader) error {
	b.opening.Lock() // the bucket notes that its indexes are there
	stream, err := b.bucket.OpenUploadStreamWithID(ctx, id, hash)
	b.opening.Unlock()
	if err != nil {
		return err
	}
	if _, err := io.Copy(stream, content); err != nil {
		return errors.Join(err, stream.Abort())
	}
	return stream.Close()
}

// Open reads what Put stored. NotFound if nothing is there.
func (b *blobStore) Open(ctx context.Context, place string) (io.ReadCloser, error) {
	id, err := bson.ObjectIDFromHex(place)
	if err != nil {
		return nil, domain.Missing("content", place)
	}
	stream, err := b.bucket.OpenDownloadStream(ctx, id)
	if errors.Is(err, mongo.ErrFileNotFound) {
		return nil, domain.Missing("content", place)
	}
	if err != nil {
		return nil, toDomain(err)
	}
	return download{stream}, nil
}

// download gives its errors as the port knows them.
type download struct{ *mongo.GridFSDownloadStream }

func (d download) Read(p []byte) (int, error) {
	n, err := d.GridFSDownloadStream.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = toDomain(err)
	}
	return n, err
}

// Sweep removes what was stored before cutoff and is named by no document, and the remains of uploads begun before cutoff that never ended.
func (b *blobStore) Sweep(ctx context.Context, cutoff time.Time, inUse func(place string) (bool, error)) (removed int, err error) {
	before := bson.D{{Key: "uploadDate", Value: bson.D{{Key: "$lt", Value: bson.NewDateTimeFromTime(cutoff)}}}}
	opts := options.Find().SetHint("uploadDate").SetSort(bson.D{{Key: "uploadDate", Value: 1}, {Key: fieldID, Value: 1}}).
		SetProjection(bson.D{{Key: fieldID, Value: 1}}).SetBatchSize(maxBatch)
	removed, err = b.remove(ctx, b.bucket.GetFilesCollection(), before, opts, inUse)
	if err != nil {
		return removed, err
	}
	begun := bson.D{{Key: fieldID, Value: bson.D{{Key: "$lt", Value: firstID(cutoff)}}}}
	_, err = b.remove(ctx, b.uploads, begun, options.Find().SetBatchSize(maxBatch), inUse)
	return removed, err
}

// firstID is the lowest id of the second in which t lies, so that nothing begun in that second counts as begun before t.
func firstID(t time.Time) (id bson.ObjectID) {
	binary.BigEndian.PutUint32(id[:4], uint32(t.Unix()))
	return id
}

// remove deletes the contents whose ids a query finds, unless they are in use.
func (b *blobStore) remove(ctx context.Context, coll *mongo.Collection, filter bson.D, opts *options.FindOptionsBuilder, inUse func(string) (bool, error)) (removed int, err error) {
	cur, err := coll.Find(ctx, filter, opts)
	if err != nil {
		return 0, toDomain(err)
	}
	defer cur.Close(context.WithoutCancel(ctx))
	for cur.Next(ctx) {
		id := cur.Current.Lookup(fieldID).ObjectID()
		used, err := inUse(id.Hex())
		if err != nil {
			return removed, err
		}
		if used {
			continue
		}
		if err := b.delete(ctx, id); err != nil {
			return removed, toDomain(err)
		}
		removed++
	}
	return removed, toDomain(cur.Err())
}

// delete removes the file, its chunks and the note of its upload, whichever there are.
func (b *blobStore) delete(ctx context.Context, id bson.ObjectID) error {
	if err := b.bucket.Delete(ctx, id); err != nil && !errors.Is(err, mongo.ErrFileNotFound) {
		return err
	}
	if _, err := b.bucket.GetChunksCollection().DeleteMany(ctx, bson.D{{Key: "files_id", Value: id}}); err != nil {
		return err
	}
	_, err := b.uploads.DeleteOne(ctx, bson.D{{Key: fieldID, Value: id}})
	return err
}
