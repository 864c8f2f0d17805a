// What every RocksDB of ours has in common: the journal, the stores and the vault.
//
// To be included by the .cc files of those libraries only: RocksDB's headers are heavy.
#pragma once

#include <rocksdb/options.h>

namespace wanmi::rocks {

// Missing databases are made. A database that could not write never resumes by itself: what a
// failed write has left is found out by opening anew, and only then (docs/adr/0009).
rocksdb::Options CarefulOptions();

// For much that is written and little that is read again: runs of like size are merged, which
// rewrites what is stored a few times where levels rewrite it tens of times. Only what has come to
// rest in the largest run is compressed.
void MergeSeldom(rocksdb::Options& options);

}  // namespace wanmi::rocks
