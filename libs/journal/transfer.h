// Export and import: a journal's entries in a file, from any journal into any other.
//
// Stored bytes, seqs and chains stay as they are, so causes, cursors and tokens stay good. A file
// is read as a whole and checked before the first entry is appended. An import raises fences named
// "import <sum>"; while one of them holds, the journal has half an import, which the same file
// finishes and nothing else touches. Memory is bounded by a run of entries.
//
// Codes: DATA_LOSS (the file, or the chain), FAILED_PRECONDITION and ALREADY_EXISTS (the journal is
// not for this file), UNAVAILABLE (try again). Functions; one import into a journal at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "journal/positions.h"
#include "wanmi/journal/v1/transfer.pb.h"

namespace wanmi::journal {

using Progress = std::function<void(const std::string& line)>;  // for people

// Writes entries 1 … seq of each slice that the header names, checking the chains and that they are
// closed. The header's format and slices are filled in.
base::Status Export(const Journal& journal, const Positions& positions, v1::TransferHeader header,
                    const std::string& file, const Progress& progress);

// What a whole file holds, after all that can be checked of it has been.
struct TransferContent {
  v1::TransferHeader header;
  Positions positions;
  int64_t entries = 0;
  std::string sum;  // SHA-256, hex
};
base::Result<TransferContent> CheckTransfer(const std::string& file);

struct ImportOptions {
  int incarnation = 0;  // not 0: each slice gets an entry Restored of this incarnation at its end
  Progress progress = [](const std::string&) {};
};
// Takes what CheckTransfer found in `file`.
base::Status Import(const std::string& file, const TransferContent& content, Journal& journal,
                    const ImportOptions& options);

// FAILED_PRECONDITION if a slice has half an import.
base::Status CheckNoHalfImport(const Journal& journal, const std::vector<Slice>& slices);

}  // namespace wanmi::journal
