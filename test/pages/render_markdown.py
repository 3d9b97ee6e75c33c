"""Renders a JSON list of Markdown texts from stdin to a JSON list of HTML, with the parser and the options of GitLab."""

import json
import sys

import comrak

# https://gitlab.com/gitlab-org/ruby/gems/gitlab-glfm-markdown and lib/banzai/filter/markdown_engines/glfm_markdown.rb
extensions = comrak.ExtensionOptions()
for name in (
    "alerts",
    "autolink",
    "description_lists",
    "footnotes",
    "math_code",
    "math_dollars",
    "multiline_block_quotes",
    "strikethrough",
    "table",
    "tasklist",
    "wikilinks_title_before_pipe",
):
    setattr(extensions, name, True)
rendering = comrak.RenderOptions()
rendering.unsafe_ = True
rendering.escaped_char_spans = True

html = [
    comrak.render_markdown(text, extension_options=extensions, render_options=rendering)
    for text in json.load(sys.stdin)
]
json.dump(html, sys.stdout)
