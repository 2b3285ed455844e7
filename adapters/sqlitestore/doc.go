// Package sqlitestore keeps Sori's collections in one SQLite file, with large contents and the full-text index beside it. It implements
// domain.Store; storetest holds it to the same words as the MongoDB engine.
//
//	open.go      options, opening and closing; lock.go: one server a directory
//	table.go     what is declared → tables, columns and indexes; schema.go: bringing a file to that
//	keys.go      the index values of a document; codec.go: the document itself
//	query.go     a domain.Query → SQL
//	read.go      reading; pool.go: the connections for it
//	write.go     one writer for all: group commit; tx.go: what a transaction does; checkpoint.go: the log into the file
//	blobs.go     large contents as files; search.go, searchtext.go: the full-text index (FTS5)
//	backup.go    a copy of a running store
//	fault.go     SQLite's errors → domain errors
//
// # The file
//
// A collection is a table: row (its birth order, and for a sequenced collection its number), id, version, a column k_<path> for
// each indexed path, and the document as JSON. An index is an SQLite index over those columns; one whose first field leads
// through a list is a table of its own, "<collection>.<index>", with a line for each element, and k_<path> then holds all of them as a JSON array.
// Absent is NULL. sqlite3 opens the file: SELECT doc->>'subject' FROM inquiries.
//
// # Durability
//
// The journal is a write-ahead log with synchronous=FULL: Write answers after an fsync that covers it. One goroutine owns the one writing
// connection and gives it to waiting callers in turn, then commits them all at once; if one fails, only his part is undone. So a
// commit's cost is shared by all who wait for it, and readers never wait for writers. The log is taken over into the file beside the writer.
package sqlitestore
