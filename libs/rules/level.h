// The level of a city: which kinds, fields and values of events may be written (ARCHITECTURE §10).
// It is a document of the rulebook like any other, and holds from its effective time on.
#pragma once

#include <string_view>

#include "rules/documents.h"

namespace wanmi::rules {

inline constexpr std::string_view kLevelKind = "level";  // of the document, and its item's key
inline constexpr std::string_view kLevelName = "city";

// 1 until a document says otherwise.
int LevelAt(Documents& documents, base::Time at);

}  // namespace wanmi::rules
