#include "services/cli/import/csv.h"

#include <gtest/gtest.h>

namespace wanmi::city_import {
namespace {

class CsvTest : public testing::Test {
 protected:
  std::optional<Table> Parse(std::string_view bytes) {
    report_ = ImportReport();
    return ParseTable("t.csv", bytes, {"id", "name"}, &report_);
  }
  std::string Error() { return report_.errors.empty() ? "" : report_.errors.front().Text(); }
  ImportReport report_;
};

TEST_F(CsvTest, QuotesMarksAndLineEnds) {
  const auto table = Parse("\xef\xbb\xbfname,id\r\n\"a, \"\"b\"\"\",1\r\n 井盖 ,2");
  ASSERT_TRUE(table) << Error();
  ASSERT_EQ(table->lines.size(), 2u);
  const Row first(*table, table->lines[0], &report_), second(*table, table->lines[1], &report_);
  EXPECT_EQ(first.May("name"), "a, \"b\"");
  EXPECT_EQ(first.May("id"), "1");
  EXPECT_EQ(second.May("name"), "井盖");
}

TEST_F(CsvTest, ARowKnowsTheLineItBeginsOn) {
  const auto table = Parse("id,name\n\n1,\"two\nlines\n\"\n\n  \n2,b\n");
  ASSERT_TRUE(table) << Error();
  ASSERT_EQ(table->lines.size(), 2u);
  EXPECT_EQ(table->lines[0].line, 3);
  EXPECT_EQ(table->lines[0].fields[1], "two\nlines\n");
  EXPECT_EQ(table->lines[1].line, 8);
}

TEST_F(CsvTest, WhatIsNoTableIsNamedByLine) {
  EXPECT_FALSE(Parse(""));
  EXPECT_EQ(Error(), "t.csv:1: expected a line of column names, found an empty file");
  EXPECT_FALSE(Parse("id,name\n1,a\n2\n"));
  EXPECT_EQ(Error(), "t.csv:3: expected 2 fields, found 1");
  EXPECT_FALSE(Parse("id,name\n1,\"a\n2,b\n"));
  EXPECT_TRUE(report_.errors.front().found.find("not closed") != std::string::npos) << Error();
  EXPECT_EQ(report_.errors.front().line, 2);
  EXPECT_FALSE(Parse("id,name\n1,a\n2,\"b\"c\n"));
  EXPECT_EQ(report_.errors.front().line, 3);
  EXPECT_FALSE(Parse("id,name\n1,\xb0\xa1\n"));  // GBK
  EXPECT_EQ(Error(), "t.csv:2: expected text in UTF-8, found other bytes; save the file as UTF-8");
  EXPECT_FALSE(Parse(std::string_view("id,name\n1,a\0b\n", 14)));
}

TEST_F(CsvTest, ColumnsAreTheKnownOnesOnce) {
  EXPECT_FALSE(Parse("id\n1\n"));
  EXPECT_EQ(Error(), "t.csv:1: name: expected this column, found none of that name");
  EXPECT_FALSE(Parse("id,name,colour\n1,a,red\n"));
  EXPECT_EQ(Error(), "t.csv:1: colour: expected each known column once, found 'colour'");
  EXPECT_FALSE(Parse("id,name,id\n1,a,2\n"));
}

TEST_F(CsvTest, ValuesSayWhatTheyExpected) {
  const auto table = Parse("id,name\n7x,\n 12 ,maybe\n");
  ASSERT_TRUE(table) << Error();
  const Row bad(*table, table->lines[0], &report_), good(*table, table->lines[1], &report_);
  EXPECT_EQ(good.Integer("id", 0, 99), 12);
  EXPECT_EQ(good.Number("id"), 12);
  EXPECT_TRUE(report_.errors.empty());
  good.Integer("id", 0, 9);
  EXPECT_EQ(Error(), "t.csv:3: id: expected a whole number from 0 to 9, found '12'");
  good.Flag("name");
  bad.Number("id");
  bad.Must("name");
  ASSERT_EQ(report_.errors.size(), 4u);
  EXPECT_EQ(report_.errors[1].Text(), "t.csv:3: name: expected one of no, yes, found 'maybe'");
  EXPECT_EQ(report_.errors[2].Text(),
            "t.csv:2: id: expected a number such as 2 or 0.5, found '7x'");
  EXPECT_EQ(report_.errors[3].Text(), "t.csv:2: name: expected a value, found nothing");
}

}  // namespace
}  // namespace wanmi::city_import
