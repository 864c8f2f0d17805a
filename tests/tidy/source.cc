#include "tests/tidy/source.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace wanmi::tidy {
namespace {

bool IsWordChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool IsUpper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }

std::vector<std::string> SplitLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// Where a literal that begins at `at` ends (the place behind it).
size_t EndOfQuoted(std::string_view text, size_t at) {
  const char quote = text[at];
  for (++at; at < text.size() && text[at] != quote && text[at] != '\n'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

size_t EndOfRawString(std::string_view text, size_t quote) {
  const size_t open = text.find('(', quote);
  if (open == std::string_view::npos) return text.size();
  const std::string close = ")" + std::string(text.substr(quote + 1, open - quote - 1)) + "\"";
  const size_t end = text.find(close, open);
  return end == std::string_view::npos ? text.size() : end + close.size();
}

bool IsRawString(std::string_view text, size_t quote) {
  return quote > 0 && text[quote - 1] == 'R' && (quote < 2 || !IsWordChar(text[quote - 2]));
}

size_t EndOfLine(std::string_view text, size_t at) {
  return std::min(text.find('\n', at), text.size());
}

// A directive goes on as long as its lines end with a backslash.
size_t EndOfDirective(std::string_view text, size_t at) {
  size_t end = EndOfLine(text, at);
  while (end > 0 && end < text.size() && text[end - 1] == '\\') end = EndOfLine(text, end + 1);
  return end;
}

bool BeginsLine(std::string_view text, size_t at) {
  const size_t line = text.rfind('\n', at == 0 ? 0 : at - 1);
  const size_t begin = line == std::string_view::npos ? 0 : line + 1;
  return at == 0 || text.substr(begin, at - begin).find_first_not_of(' ') == std::string_view::npos;
}

enum class Kind { kCode, kComment, kLiteral, kDirective };

// The next piece of one kind, from `at`.
std::pair<Kind, size_t> NextPiece(std::string_view text, size_t at) {
  if (text.substr(at).starts_with("//")) return {Kind::kComment, EndOfLine(text, at)};
  if (text.substr(at).starts_with("/*")) {
    const size_t end = text.find("*/", at + 2);
    return {Kind::kComment, end == std::string_view::npos ? text.size() : end + 2};
  }
  if (text[at] == '#' && BeginsLine(text, at)) return {Kind::kDirective, EndOfDirective(text, at)};
  if (text[at] == '"') {
    return {Kind::kLiteral,
            IsRawString(text, at) ? EndOfRawString(text, at) : EndOfQuoted(text, at)};
  }
  // 1'000 is a number, 'x' is a literal.
  if (text[at] == '\'' && (at == 0 || !IsWordChar(text[at - 1]))) {
    return {Kind::kLiteral, EndOfQuoted(text, at)};
  }
  return {Kind::kCode, at + 1};
}

std::string_view LastIdentifier(std::string_view text) {
  while (!text.empty() && !IsWordChar(text.back())) text.remove_suffix(1);
  size_t begin = text.size();
  while (begin > 0 && IsWordChar(text[begin - 1])) --begin;
  return text.substr(begin);
}

bool HasWord(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !IsWordChar(text[at - 1]);
    const size_t end = at + word.size();
    if (begins && (end == text.size() || !IsWordChar(text[end]))) return true;
  }
  return false;
}

enum class Scope { kOuter, kFunction, kInner };

// What a brace opens, by the text since the last statement.
Scope ScopeOf(std::string_view head, bool in_function) {
  if (in_function) return Scope::kInner;
  if (HasWord(head, "namespace")) return Scope::kOuter;
  return head.find('(') == std::string_view::npos ? Scope::kOuter : Scope::kFunction;
}

constexpr std::array<std::string_view, 6> kDeclaring = {"class", "struct",  "enum",
                                                        "union", "message", "service"};

}  // namespace

Source::Source(std::string path, const std::string& text)
    : path_(std::move(path)), lines_(SplitLines(text)) {
  std::string code(text), comments(text);
  const auto blank = [](std::string& of, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      if (of[i] != '\n') of[i] = ' ';
    }
  };
  int line = 1;
  for (size_t at = 0; at < text.size();) {
    const auto [kind, end] = NextPiece(text, at);
    if (kind != Kind::kCode) blank(code, at, end);
    if (kind != Kind::kComment) blank(comments, at, end);
    const std::string_view piece = std::string_view(text).substr(at, end - at);
    if (kind == Kind::kDirective && piece.starts_with("#include")) {
      const size_t open = piece.find_first_of("<\"");
      const size_t close = open == piece.npos ? piece.npos : piece.find_first_of(">\"", open + 1);
      if (close != piece.npos) {
        includes_.push_back({line, std::string(piece.substr(open + 1, close - open - 1))});
      }
    }
    for (const char c : piece) line += c == '\n';
    at = end;
  }
  code_ = SplitLines(code);
  comments_ = SplitLines(comments);
}

std::vector<Word> Source::Words() const {
  std::vector<Word> words;
  std::string_view before;  // the keyword that the next identifier is declared by
  for (size_t n = 0; n < code_.size(); ++n) {
    const std::string& line = code_[n];
    for (size_t at = 0; at < line.size();) {
      if (!IsWordChar(line[at])) {
        ++at;
        continue;
      }
      size_t end = at;
      while (end < line.size() && IsWordChar(line[end])) ++end;
      const std::string text = line.substr(at, end - at);
      const auto* keyword = std::find(kDeclaring.begin(), kDeclaring.end(), text);
      if (keyword != kDeclaring.end()) {
        before = *keyword;
      } else {
        const bool qualified = at >= 2 && line.compare(at - 2, 2, "::") == 0;
        words.push_back(
            {static_cast<int>(n) + 1, text, qualified, line.compare(end, 2, "::") == 0, before});
        before = {};
      }
      at = end;
    }
  }
  return words;
}

std::vector<Function> Source::Functions() const {
  std::vector<Function> functions;
  std::vector<Scope> scopes;
  std::string head;   // the text since the last statement
  int head_line = 0;  // of the first parenthesis in it
  int depth = 0;      // of parentheses: a semicolon inside of them ends no statement
  for (size_t n = 0; n < code_.size(); ++n) {
    const int line = static_cast<int>(n) + 1;
    for (const char c : code_[n] + "\n") {
      const bool in_function = !scopes.empty() && scopes.back() != Scope::kOuter;
      if (c == '{') {
        scopes.push_back(ScopeOf(head, in_function));
        if (scopes.back() == Scope::kFunction) {
          const std::string_view named = std::string_view(head).substr(0, head.find('('));
          functions.push_back({std::string(LastIdentifier(named)), head_line, 0});
        }
      } else if (c == '}' && !scopes.empty()) {
        if (scopes.back() == Scope::kFunction) functions.back().last_line = line;
        scopes.pop_back();
      } else if (c != ';' || depth > 0) {
        if (c == '(' && depth++ == 0 && head.find('(') == std::string::npos) head_line = line;
        if (c == ')' && depth > 0) --depth;
        head.push_back(c);
        continue;
      }
      head.clear();
      depth = 0;
    }
  }
  return functions;
}

std::vector<std::string> PartsOf(std::string_view identifier) {
  std::vector<std::string> parts;
  std::string part;
  const auto end_part = [&] {
    if (!part.empty()) parts.push_back(std::move(part));
    part.clear();
  };
  for (size_t i = 0; i < identifier.size(); ++i) {
    const char c = identifier[i];
    const bool after_small = i > 0 && !IsUpper(identifier[i - 1]);
    const bool before_small = i + 1 < identifier.size() &&
                              std::islower(static_cast<unsigned char>(identifier[i + 1])) != 0;
    if (!std::isalnum(static_cast<unsigned char>(c)) ||
        (IsUpper(c) && (after_small || before_small))) {
      end_part();
    }
    if (std::isalnum(static_cast<unsigned char>(c))) {
      part.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
  }
  end_part();
  return parts;
}

}  // namespace wanmi::tidy
