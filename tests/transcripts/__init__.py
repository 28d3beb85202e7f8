"""Golden transcripts: whole talks in the words that residents see, to be reviewed as prose.

A file is a title, a beginning, and what is said:

    # A village woman of 51 asks whether she qualifies
    at 2022-04-06 09:00
    who 李桂香 wechat

    > 您好
    您好！有啥事您直接说。
    …

    @ +3 days
    > [photo]

- `> words` is a message; `>` lines in a row are one message of several lines. In brackets:
  `[photo]`, `[voice words]`, `[voice]` (not recognised), `[place]`, `[event subscribe KEY]`,
  `[code]` (types the one-time code that was sent last).
- `who NAME wechat` or `who 13800001234 sms` says who writes from here on.
- `@ +3 days`, `@ +2 hours`, `@ 2022-05-01 09:00` move the business clock.
- `! scene words` sets something up that no message could: see `tests.transcripts.scenes`.
- `# …` is a remark. Everything else is written by `make transcripts`: the reply, and behind `~`
  what was put into the outbox besides, such as an SMS with a code.
"""
