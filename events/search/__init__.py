"""Search for events; only this package knows how the databases differ.

| module | finds events by | PostgreSQL | SQLite |
|---|---|---|---|
| full_text | words of the texts of an event | words, beginnings, stems, ranked | substrings |
| typos | mistyped words | the most similar known word | – |
| substrings | a part of the title or location | trigrams | reads every row |
| periods | the time at which they take place | ranges | plain comparisons |
| places | the distance from a point | bounding box, or nearest first | bounding box |
| suggestions | the beginning of a word | trigrams | reads every row |

`folding` defines how all of them compare texts, and `query_syntax` parses queries. `highlights` and
`facets` describe the results, and `pages` sorts them.
"""
