// Reference: typed reads of the two reference journals, directory and rulebook, as of one moment.
//
// Made by the runtime for one decision; remembers each document read, and the entry records them
// (`used`). Not safe across threads. A document is looked up under the name "city" unless said.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rows.h"
#include "base/status.h"
#include "base/time.h"
#include "calendar/calendar.h"
#include "rules/documents.h"
#include "wanmi/common/v1/common.pb.h"
#include "wanmi/directory/v1/directory.pb.h"
#include "wanmi/rulebook/v1/rulebook.pb.h"

namespace wanmi::rules {

class Reference {
 public:
  // `documents` is of the same rulebook; without it, documents are parsed for this one alone.
  Reference(const base::Rows& directory, const base::Rows& rulebook, base::Time now,
            Documents* documents = nullptr)
      : directory_(directory),
        own_(rulebook),
        documents_(documents ? documents : &own_),
        now_(now) {}
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;

  // ---- directory ----
  std::optional<directory::v1::Unit> Unit(std::string_view id) const;
  std::optional<directory::v1::Post> Post(std::string_view id) const;
  std::vector<directory::v1::Post> PostsOfUnit(std::string_view unit_id,
                                               common::v1::PostKind kind) const;
  // The persons who hold the post now, in order of their ids; at most 64.
  std::vector<std::string> HoldersOf(std::string_view post_id) const;
  // Someone holds the post and is on shift now.
  bool OnShift(std::string_view post_id) const;
  // Whose interest a unit is: its group, or the unit itself.
  std::string GroupOf(std::string_view unit_id) const;
  // The actor that a person in a post is now. UNAUTHENTICATED if they are unknown or do not hold
  // it.
  base::Result<common::v1::Actor> ResolveActor(std::string_view person_id,
                                               std::string_view post_id) const;
  // The actor of a machine decision under a white list. FAILED_PRECONDITION if nobody signed it.
  base::Result<common::v1::Actor> ResolveWhiteList(std::string_view service,
                                                   std::string_view white_list) const;

  // ---- rulebook: documents that hold now ----
  std::optional<rulebook::v1::Item> Find(std::string_view kind, std::string_view key,
                                         std::string_view name = "city") const;
  std::vector<rulebook::v1::Item> Items(std::string_view kind, std::string_view prefix = {},
                                        std::string_view name = "city") const;
  std::optional<rulebook::v1::Source> Source(std::string_view code) const;
  std::optional<rulebook::v1::ClassEntry> Class(const common::v1::ClassRef& class_ref) const;
  std::optional<rulebook::v1::FilingCondition> Condition(const common::v1::ClassRef& class_ref,
                                                         std::string_view condition_id) const;
  // The most specific rule that matches, or none: the case is unmatched.
  std::optional<rulebook::v1::DispatchRule> DispatchRule(const common::v1::ClassRef& class_ref,
                                                         std::string_view community_code,
                                                         std::string_view problem_source) const;
  // The white list, if it permits `what` for this class and source.
  std::optional<rulebook::v1::WhiteList> WhiteList(std::string_view name, std::string_view what,
                                                   const common::v1::ClassRef& class_ref,
                                                   std::string_view source) const;
  double Number(std::string_view setting, double otherwise) const;
  std::string Text(std::string_view setting, std::string_view otherwise) const;
  // The calendar of that name with every year that it has; its version is in `used`.
  calendar::Calendar Calendar(std::string_view name) const;

  const std::vector<common::v1::DocumentRef>& used() const { return used_; }

 private:
  // The version of a document that holds now, 0 if none; remembers it as used.
  int64_t VersionNow(std::string_view kind, std::string_view name) const;
  // What the version that holds now says, or null; remembers it as used.
  const Documents::Items* Look(std::string_view kind, std::string_view name = "city") const;
  const rulebook::v1::Item* LookFor(std::string_view kind, std::string_view key,
                                    std::string_view name = "city") const;

  const base::Rows& directory_;
  mutable Documents own_;
  Documents* const documents_;
  const base::Time now_;
  mutable std::vector<common::v1::DocumentRef> used_;
};

}  // namespace wanmi::rules
