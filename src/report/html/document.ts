import {createHash} from 'node:crypto'
import {Markup, markup} from './markup.ts'

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M8 1l6 2v4.5c0 4-2.6 6.5-6 7.5-3.4-1-6-3.5-6-7.5V3z' fill='%232f6f62'/%3E%3Cpath d='M5 8l2.2 2.2L11.2 6' fill='none' stroke='white' stroke-width='1.8'/%3E%3C/svg%3E"

/** What a page of ours is made of. */
interface Page {
  title: string
  /** Classes of the root element. */
  look: string | false
  style: string
  body: Markup
  /** Runs in the reader's browser; without one nothing does. */
  script?: string
}

/** A page that needs nothing else: its policy lets no request be made and nothing run but its own script and style. */
export function page({title, look, style, body, script}: Page): string {
  const policy = `default-src 'none'; img-src data:; style-src ${hashOf(style)}; ${script === undefined ? '' : `script-src ${hashOf(script)}; `}base-uri 'none'; form-action 'none'`
  return `${
    markup`<!doctype html>
<html lang="en" class="${look}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="${new Markup(ICON)}">
<style>${new Markup(style)}</style>
</head>
<body>
${body}${script !== undefined && markup`\n<script>${new Markup(script)}</script>`}
</body>
</html>`.text
  }\n`
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
