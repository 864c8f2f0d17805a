"""What Prometheus expressions ask for: metrics, and the labels that each is asked by.

Not a parser of PromQL: promtool is one and has checked the syntax before. Reads tokens.
"""
import re

KEYWORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless",
            "bool", "offset"}
AGGREGATIONS = {"sum", "min", "max", "avg", "count", "topk", "bottomk", "quantile", "stddev"}
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[A-Za-z_:][\w:]*|\[[^\]]*\]|[\d.]+[\w.]*|[^\s\w]')


class Expression:
    """metrics: name -> labels it is selected by; grouped: labels of by, on and the like."""

    def __init__(self, text):
        self.metrics, self.grouped = {}, set()
        tokens = TOKEN.findall(text.replace("$__rate_interval", "5m").replace("$city", "c"))
        at = 0
        while at < len(tokens):
            token = tokens[at]
            following = tokens[at + 1] if at + 1 < len(tokens) else ""
            at += 1
            if not re.match(r"[A-Za-z_:]", token):
                continue
            if token in KEYWORDS:
                if following == "(":
                    end = tokens.index(")", at)
                    self.grouped.update(t for t in tokens[at + 1:end] if t != ",")
                    at = end + 1
                elif token == "offset":
                    at += 1
            elif following == "{":
                end = tokens.index("}", at)
                labels = {a for a, b in zip(tokens[at + 1:end], tokens[at + 2:end])
                          if b in ("=", "!") and a.isidentifier()}
                self.metrics.setdefault(token, set()).update(labels)
                at = end + 1
            elif following != "(" and token not in AGGREGATIONS:
                self.metrics.setdefault(token, set())
