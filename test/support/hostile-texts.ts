/** Names, reasons and logins that somebody chose with care. */
export const HOSTILE_TEXTS = {
  'control characters': '\u001b[2J\u001b]0;owned\u0007\u0000\u009b31m\b\u007f',
  'line breaks': 'one\r\ntwo\u2028three\u0085four\n\n# five',
  'a workflow command': '::error file=x.ts,line=1::owned',
  'a workflow command on a line of its own': 'x\n::set-output name=a::b\n::add-mask::c',
  'a bare workflow command': '::error::owned',
  'an escaped workflow command': '100%0A::error::owned %3A%2C%25',
  'an old workflow command': 'name ##[command]owned ##vso[task.setvariable variable=a]b',
  'an end of CDATA and a script': ']]><script>alert(1)</script><![CDATA[&lt;&amp;',
  'an image with a handler': '"\'><img src=x onerror=alert(1)>',
  'a formula': `=HYPERLINK("http://evil.example";"x"),@SUM(1)`,
  'another formula': "-2+3+cmd|' /C calc'!A0",
  'a formula in full width': '＝1+1',
  Markdown: '[x](http://evil.example) ![y](http://evil.example/p.png) `a|b` **c** | d | <b>',
  'Markdown fences': '```` ~~~ `` | `',
  'an end of a code span': '` [x](http://evil.example) <img src=x> **b** `',
  'bare addresses': 'https://evil.example www.evil.example @everyone a@evil.example',
  'turned writing': 'abc\u202egnp.exe\u2066x\u2069\u200f\u061c',
  'what cannot be seen': 'a\u200bb\ufeffc\u00add\u{e0041}',
  'halves of characters': 'a\ud800b\udc00\ufffe\uffff',
  'emoji and wide writing': '🦊👩‍💻漢字かな👍🏽 é',
  'backslashes and quotes': String.raw`C:\new\u0041 "x" \\ 'y' \ `,
  'much of it': '長'.repeat(400),
  'SARIF placeholders': '{0} [link](1) %SRCROOT% # EOF',
} as const

/** What may stand in a document as it is: no control but the line's end, nothing that turns or hides. */
export const DECEPTIVE =
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\u{e0041}]|\p{Surrogate}/u
