// Evidence: whether what an inspector brings shows that place, after the moment that counts.
//
// Pure functions over a check, an answer and the context. Distances are metres, times UTC
// microseconds; errors are INVALID_ARGUMENT with a sentence that names the piece.
#pragma once

#include <vector>

#include "base/status.h"
#include "rules/context.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::verification {

// A unit grid is about 100 m by 100 m, so this far from a place in it may still be in it.
inline constexpr double kCellSizeM = 100;
// What a fix may claim for its own inaccuracy; a worse one proves no place.
inline constexpr double kAccuracyMaxM = 100;
inline constexpr double kToleranceDefaultM = 50;
inline constexpr int kEvidenceMax = 20;

struct Weighed {
  std::vector<double> metres_off;  // of each piece from the check's place; -1 without a fix
  bool fresh = false;              // a piece taken after what is to be looked at
  bool fresh_with_fix = false;
  bool fresh_picture = false;
};

base::Result<Weighed> Weigh(const v1::CheckOpened& check, const v1::AnswerCheck& answer,
                            const rules::Context& context);
// C14: without a fix a picture and the consent of a shift leader will do, and is counted.
base::Status CheckConsent(const Weighed& weighed, const v1::AnswerCheck& answer,
                          const rules::Context& context);

}  // namespace wanmi::verification
