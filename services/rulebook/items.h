// What an item of each kind of document must be: the value its kind demands, and the key that rules
// look it up by. INVALID_ARGUMENT names the item, what was expected and what was found. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"

namespace wanmi::rulebook {

base::Status CheckKind(std::string_view kind);
base::Status CheckItem(std::string_view kind, const v1::Item& item);
// The key that an item's value asks for; empty without a value.
std::string KeyOf(const v1::Item& item);

}  // namespace wanmi::rulebook
