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
  kNoKeySync,               // entries are appended before the keys that they rely on are durable
  kNoticeIdByAttempt,       // a message that is sent again gets another id
  kFencedForGood,           // who was fenced never opens again
  kFencedSaysOk,            // a deposed writer tells its clients Ok
  kBothOpenersWin,          // of two fences with one epoch, both openers believe that theirs holds
  // Caught by kafka_rule_test alone, and without a name: the simulator has no broker.
  kAckWithoutOffset,  // what was acknowledged without an offset counts as landed
};
inline Mutant active_mutant = Mutant::kNone;

struct NamedMutant {
  Mutant mutant;
  std::string_view name;
};
inline constexpr NamedMutant kMutants[] = {
    {Mutant::kNoSeqCheck, "no_seq_check"},
    {Mutant::kNoEpochCheck, "no_epoch_check"},
    {Mutant::kNoCursor, "no_cursor"},
    {Mutant::kCursorFromCausesOnly, "cursor_from_causes_only"},
    {Mutant::kAnswerBeforeAppend, "answer_before_append"},
    {Mutant::kOneStatusForBatch, "one_status_for_batch"},
    {Mutant::kRowsOfOtherPartitions, "rows_of_other_partitions"},
    {Mutant::kRowsSharedByPartitions, "rows_shared_by_partitions"},
    {Mutant::kNoReopen, "no_reopen"},
    {Mutant::kCommitBeforeAppend, "commit_before_append"},
    {Mutant::kNoRepeatCheck, "no_repeat_check"},
    {Mutant::kTimerForgetsDeadline, "timer_forgets_deadline"},
    {Mutant::kNoKeySync, "no_key_sync"},
    {Mutant::kNoticeIdByAttempt, "notice_id_by_attempt"},
    {Mutant::kFencedForGood, "fenced_for_good"},
    {Mutant::kFencedSaysOk, "fenced_says_ok"},
    {Mutant::kBothOpenersWin, "both_openers_win"},
};

// False if no planted bug has that name.
inline bool PlantMutant(std::string_view name) {
  for (const auto& [mutant, its_name] : kMutants) {
    if (its_name == name) return active_mutant = mutant, true;
  }
  return false;
}

}  // namespace wanmi::base

#define MUTANT(name) (::wanmi::base::active_mutant == ::wanmi::base::Mutant::name)
#else
#define MUTANT(name) false
#endif
