// Package objects keeps the data that distributed Maps read and write: objects
// under keys, in buckets, as S3 has them. A Store moves the bytes
// (store/objects/files, store/objects/s3, store/objects/memory); what they mean
// is the business of asl/dataset.
//
// It is not the store of the platform's own state: that is package store, which
// has transactions and watches, and a limit of one mebibyte.
//
// Its invariant: an object is there whole or not at all. A reader never sees
// half of a Put, and what it reads does not change under its hands.
package objects
