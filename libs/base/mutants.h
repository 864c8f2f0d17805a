// Planted bugs: each breaks one promise, so that tests can be seen to fail.
//
// Only targets built with WANMI_MUTANTS (the simulator's and the demo's `--break` builds) have
// them; in everything that ships MUTANT(x) is the constant false.
#pragma once

#ifdef WANMI_MUTANTS

#include <string_view>

namespace wanmi::base {

enum class Mutant {
  kNone,
  kNoSeqCheck,              // a reader takes entries whose seq does not follow
  kNoEpochCheck,            // a reader takes a deposed writer's entries
  kNoCursor,                // cursors are not restored from the journal
  kCursorFromCausesOnly,    // cursors do not count what caused nothing
  kAnswerBeforeAppend,      // clients are told before the step is durable
  kOneStatusForBatch,       // the first partition's answer is taken for all
  kRowsOfOtherPartitions,   // rules see the rows of every partition
  kRowsSharedByPartitions,  // two partitions write one row
  kNoReopen,                // after a doubtful append it goes on without looking
  kCommitBeforeAppend,      // the store is ahead of the journal
  kNoRepeatCheck,           // a command id is not remembered
  kTimerForgetsDeadline,    // a due time stays after it has fired
};
inline Mutant active_mutant = Mutant::kNone;

}  // namespace wanmi::base

#define MUTANT(name) (::wanmi::base::active_mutant == ::wanmi::base::Mutant::name)
#else
#define MUTANT(name) false
#endif
