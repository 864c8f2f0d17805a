// Bad rows of every file: each is named by file, line and column, and nothing of its file is
// planned.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "services/cli/import/plan.h"

namespace wanmi::city_import {
namespace {

using Files = std::map<std::string, std::string>;

// A village of two communities, with a file of each kind.
Files Village() {
  return {
      {"city.json", R"({"name": "V", "code": "3707", "demo": true, "partitions": 8,
 "utc_offset_minutes": 480,
 "districts": [{"code": "370705", "longitude_deg": 119.1, "latitude_deg": 36.7, "seed": 1}],
 "proposer_post": "clerk", "approver_post": "gov-clerk", "approving_number": "N-1",
 "divisions": "divisions.csv", "classes": "classes.csv", "filing_standards": "standards.csv"})"},
      {"divisions.csv",
       "code,name,level,parent\n3707,V,city,\n370705,D,district,3707\n370705001,S,street,370705\n"
       "370705001001,C1,community,370705001\n370705001002,C2,community,370705001\n"},
      {"units.csv",
       "id,name,axis,parent,group,level,area,calendar\ngov,G,none,,,city,3707,\nbase,B,none,gov,,"
       "city,3707,\n"
       "sup,S,supervision,,,city,3707,\ncmd,C,command,,,city,3707,\nroads,R,disposal,gov,,city,"
       "3707,\n"},
      {"posts.csv",
       "id,unit,kind,title,program\nclerk,base,base_data_clerk,c,no\ngov-clerk,gov,base_data_clerk,"
       "g,no\n"
       "leader,sup,shift_leader,l,no\neye,sup,inspector,i,no\ndispatcher,cmd,dispatcher,d,no\n"
       "crew,roads,crew,w,no\n"},
      {"persons.csv",
       "id,label,post,on_shift\np-1,L 1,clerk,no\np-2,L 2,gov-clerk,no\np-3,L 3,leader,no\n"
       "p-4,L 4,eye,yes\np-5,L 5,crew,no\n"},
      {"responsibility.csv",
       "layer,community,grid,post\ninspection,370705001001,370705001001/i,eye\n"
       "inspection,370705001002,370705001002/i,eye\ncleaning,370705001001,370705001001/c,crew\n"},
      {"devices.csv",
       "id,kind,owner_unit,title,longitude_deg,latitude_deg\nh-1,heat_station,roads,H,119.1,36."
       "7\n"},
      {"classes.csv",
       "kind,edition,major_code,major_name,minor_code,minor_name,mark\ncomponent,2013,01,M,01,"
       "cover,\n"
       "event,2013,01,M,10,refuse,\n"},
      {"standards.csv",
       "edition,kind,major_code,minor_code,minor_name,filing_condition,limit_value,limit_unit,"
       "closing_condition\n2013,component,01,01,cover,missing,2,urgent_hour,restored\n"
       "2013,component,01,01,cover,broken,4,working_hour,repaired\n"
       "2013,event,01,10,refuse,outside,4,working_hour,cleaned\n"},
      {"urgent.csv", "edition,code,condition\n2013,component/01-01,1\n"},
      {"sources.csv",
       "code,name,pre_check,call_back,priority,counts_as_found,filing_white_list,first_answer_"
       "minutes\n"
       "12345,H,yes,yes,2,no,,60\nsensor,S,no,no,1,no,filing,0\nself,O,no,no,4,no,,0\n"},
      {"white_lists.csv",
       "name,what,signed_by_post,class_prefixes,sources\nfiling,file,leader,component/01,sensor\n"
       "sending,dispatch,dispatcher,,\n"},
      {"disposal_manual.csv",
       "id,edition,class_prefix,area_prefix,problem_source,disposing_unit,accountable_unit,told_"
       "units,"
       "white_list\nr1,2013,component/"
       "01,370705,,roads,,gov,sending\nr2,2013,event,,,roads,roads,,\n"},
      {"settings.csv", "name,number,text\ncheck_limit_minutes,30,\nclosing_white_list,0,x\n"},
      {"baselines.csv",
       "device_kind,device,metric,least,readings,clear_readings,edition,code,condition\n"
       "heat_station,,outlet,40,1,2,2013,event/01-10,1\n"},
      {"calendars.csv",
       "name,every_day,periods,files\ncity,no,08:00-12:00 "
       "14:00-18:00,days.csv\ninspection,yes,,days.csv\n"},
      {"days.csv", "date,kind,name\n2026-10-01,holiday,n\n2026-10-10,makeup,n\n"},
  };
}

std::vector<Command> PlanOf(const Files& files, ImportReport* report, PlanOptions options = {}) {
  const ReadFile read = [&](const std::string& path) -> base::Result<std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return base::NotFound("none");
    return found->second;
  };
  auto plan = Plan(read, options, report);
  if (!plan.ok()) return {};
  return std::move(*plan);
}

int CountOf(const std::vector<Command>& commands, std::string_view file) {
  return static_cast<int>(
      std::count_if(commands.begin(), commands.end(),
                    [&](const Command& command) { return command.file == file; }));
}

struct Bad {
  const char* file;
  const char* text;  // this, at its first place, is replaced
  const char* by;
  int line;
  const char* column;
};

constexpr Bad kBadRows[] = {
    {"city.json", "\"partitions\": 8", "\"partitions\": 0", 0, "partitions"},
    {"city.json", "\"demo\": true", "\"demo\": false", 0, "demo"},
    {"city.json", "\"seed\": 1", "\"seed\": 1, \"colour\": 1", 0, "colour"},
    {"city.json", "\"370705\"", "\"380705\"", 0, "code"},
    {"city.json", "480,", "480", 3, ""},
    {"city.json", "\"clerk\"", "\"leader\"", 0, "proposer_post"},
    {"city.json", "\"gov-clerk\"", "\"clerk\"", 0, "approver_post"},
    {"divisions.csv", "370705001002", "3707050010", 6, "code"},
    {"divisions.csv", "370705001002", "370705001001", 6, "code"},
    {"divisions.csv", "370705001,S,street", "370705001,S,lane", 4, "level"},
    {"divisions.csv", "C2,community,370705001", "C2,community,370705009", 6, "parent"},
    {"divisions.csv", "C2,community,370705001", "C2,community,3707", 6, "parent"},
    {"units.csv", "sup,S,supervision", "sup,S,both", 4, "axis"},
    {"units.csv", "base,B,none,gov", "base,B,none,nobody", 3, "parent"},
    {"units.csv", "cmd,C", "sup,C", 5, "id"},
    {"units.csv", "cmd,C", "c/md,C", 5, "id"},
    {"units.csv", "cmd,C,command,,,city,3707", "cmd,C,command,,,city,37o7", 5, "area"},
    {"posts.csv", "leader,sup", "leader,nobody", 4, "unit"},
    {"posts.csv", "shift_leader", "boss", 4, "kind"},
    {"posts.csv", "eye,", "leader,", 5, "id"},
    {"posts.csv", "l,no", "l,No", 4, "program"},
    {"persons.csv", "L 3,leader", "L 3,nobody", 4, "post"},
    {"persons.csv", "p-4,L 4", "p-3,L 4", 5, "label"},
    {"persons.csv", "p-5,L 5", "p-4,L 4", 6, "post"},  // an inspector in a crew
    {"persons.csv", "p-4,L 4,eye,yes", "p-4,L 4,eye,maybe", 5, "on_shift"},
    {"responsibility.csv", "370705001002,370705001002/i", "370705001009,370705001009/i", 3,
     "community"},
    {"responsibility.csv", "370705001002,370705001002/i", "370705001002,370705001001/i", 3, "grid"},
    {"responsibility.csv", "370705001002,370705001002/i", "370705001001,370705001001/j", 3,
     "community"},
    {"responsibility.csv", "/i,eye", "/i,leader", 2, "post"},
    {"responsibility.csv", "/c,crew", "/c,eye", 4, "post"},
    {"devices.csv", "119.1,36.7", "36.7,119.1", 2, "longitude_deg"},
    {"devices.csv", "119.1,36.7", "east,36.7", 2, "longitude_deg"},
    {"devices.csv", "roads", "sup", 2, "owner_unit"},
    {"classes.csv", "event,2013,01,M,10", "thing,2013,01,M,10", 3, ""},
    {"classes.csv", "event,2013,01,M,10", "component,2013,01,M,01", 3, "kind"},
    {"standards.csv", "component,01,01,cover,broken", "component,01,02,cover,broken", 3,
     "minor_code"},
    {"standards.csv", "broken,4", "broken,-4", 3, "limit_value"},
    {"standards.csv", "4,working_hour", "4,hours", 3, "limit_unit"},
    {"urgent.csv", "01-01,1", "01-01,9", 2, "condition"},
    {"sources.csv", "yes,yes,2", "yes,yes,0", 2, "priority"},
    {"sources.csv", "self,O,no,no,4,no", "self,O,no,no,4,yes", 4, "counts_as_found"},
    {"sources.csv", "1,no,filing", "1,no,sending", 0, "filing_white_list"},
    {"sources.csv", "self,O", "12345,O", 4, "code"},
    {"white_lists.csv", "filing,file,leader", "filing,file,dispatcher", 2, "signed_by_post"},
    {"white_lists.csv", "filing,file", "filing,void", 2, "what"},
    {"white_lists.csv", "component/01,sensor", "component/07,sensor", 2, "class_prefixes"},
    {"white_lists.csv", "component/01,sensor", "component/01,telex", 2, "sources"},
    {"disposal_manual.csv", ",roads,,gov", ",sup,,gov", 2, "disposing_unit"},
    {"disposal_manual.csv", ",roads,roads", ",roads,sup", 3, "accountable_unit"},
    {"disposal_manual.csv", "gov,sending", "gov,filing", 2, "white_list"},
    {"disposal_manual.csv", "gov,sending", "nobody,sending", 2, "told_units"},
    {"disposal_manual.csv", "370705,,", "370799,,", 2, "area_prefix"},
    {"disposal_manual.csv", "r2,2013,event", "r2,2013,evening", 3, "class_prefix"},
    {"disposal_manual.csv", "r2,", "r1,", 3, "id"},
    {"settings.csv", "30", "thirty", 2, "number"},
    {"settings.csv", "closing_white_list", "check_limit_minutes", 3, "name"},
    {"baselines.csv", "40,1,2", "40,0,2", 2, "readings"},
    {"baselines.csv", "event/01-10,1", "event/01-10,2", 2, "condition"},
    {"calendars.csv", "08:00-12:00", "08:00-15:00", 2, "periods"},
    {"calendars.csv", "08:00-12:00", "8-12", 2, "periods"},
    {"calendars.csv", "inspection,yes", "sundays,yes", 0, "name"},
    {"days.csv", "2026-10-10", "2026-13-10", 3, "date"},
    {"days.csv", "makeup", "makeover", 3, "kind"},
    {"days.csv", "2026-10-10", "2026-10-01", 3, "date"},
};

TEST(BadRows, TheVillageIsGood) {
  ImportReport report;
  const auto commands = PlanOf(Village(), &report);
  EXPECT_EQ(report.Text(), "");
  for (const auto& [file, text] : Village()) {
    const bool planned = file != "city.json" && file != "urgent.csv" && file != "days.csv";
    EXPECT_EQ(CountOf(commands, file) > 0, planned) << file;
  }
}

TEST(BadRows, EachIsNamedByItsPlaceAndNothingOfItsFileIsPlanned) {
  for (const Bad& bad : kBadRows) {
    Files files = Village();
    std::string& text = files[bad.file];
    const size_t at = text.find(bad.text);
    ASSERT_NE(at, std::string::npos) << bad.file << " " << bad.text;
    text.replace(at, std::string_view(bad.text).size(), bad.by);
    ImportReport report;
    const auto commands = PlanOf(files, &report);
    const bool named =
        std::any_of(report.errors.begin(), report.errors.end(), [&](const Finding& finding) {
          return finding.file == bad.file && finding.line == bad.line &&
                 finding.column == bad.column && !finding.expected.empty() &&
                 !finding.found.empty();
        });
    EXPECT_TRUE(named) << bad.file << ": " << bad.text << " → " << bad.by << "\n" << report.Text();
    EXPECT_EQ(CountOf(commands, bad.file), 0) << bad.file << ": " << bad.by;
  }
}

TEST(BadRows, WhatRefersToABadFileIsNotPlannedEither) {
  Files files = Village();
  files["posts.csv"] += "x,nobody,crew,t,no\n";
  ImportReport report;
  const auto commands = PlanOf(files, &report);
  for (const char* file : {"posts.csv", "persons.csv", "responsibility.csv", "white_lists.csv"}) {
    EXPECT_TRUE(report.Blames(file)) << file;
    EXPECT_EQ(CountOf(commands, file), 0) << file;
  }
  EXPECT_GT(CountOf(commands, "units.csv"), 0);
  EXPECT_GT(CountOf(commands, "divisions.csv"), 0);
}

TEST(BadRows, AMissingFileIsAnErrorOfThatFile) {
  for (const auto& [file, text] : Village()) {
    Files files = Village();
    files.erase(file);
    ImportReport report;
    const auto commands = PlanOf(files, &report);
    EXPECT_EQ(CountOf(commands, file), 0) << file;
    EXPECT_EQ(report.Blames(file), file != "city.json") << file;  // that one is Plan's own error
  }
}

TEST(BadRows, ANameInAStandardIsAComment) {
  Files files = Village();
  std::string& text = files["standards.csv"];
  text.replace(text.find("refuse"), 6, "garbage");
  ImportReport report;
  const auto commands = PlanOf(files, &report);
  EXPECT_TRUE(report.errors.empty()) << report.Text();
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_EQ(report.warnings[0].Text(),
            "standards.csv:4: minor_name: expected the name that the class table has for "
            "2013/event/01-10, 'refuse', found 'garbage'");
  EXPECT_GT(CountOf(commands, "standards.csv"), 0);
}

TEST(BadRows, CommandsHaveIdsOfRunAndContent) {
  ImportReport report;
  const auto ids = [&](const char* run) {
    PlanOptions options;
    options.run = run;
    std::vector<std::string> all;
    for (const auto& command : PlanOf(Village(), &report, options)) {
      const auto* field = command.message->GetDescriptor()->FindFieldByName("id");
      all.push_back(command.message->GetReflection()->GetString(*command.message, field));
    }
    std::sort(all.begin(), all.end());
    return all;
  };
  const auto first = ids("1");
  EXPECT_EQ(std::adjacent_find(first.begin(), first.end()), first.end());
  EXPECT_EQ(ids("1"), first);
  EXPECT_NE(ids("2"), first);
}

}  // namespace
}  // namespace wanmi::city_import
