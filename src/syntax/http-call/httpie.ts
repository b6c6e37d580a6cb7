import type {HttpCall, ShellCommand, StaticText} from '../types.ts'
import {behind, given, options} from './options.ts'

const HTTPIE = options(`
  A:auth-type= a:auth= o:output= p:print= s:style=
  j:json f:form b:body h:headers v:verbose q:quiet I:ignore-stdin d:download c:continue F:follow S:stream m:meta
  raw= session= session-read-only= timeout= verify= cert= cert-key= ssl= ciphers= proxy= pretty= max-redirects=
  max-headers= default-scheme= boundary= format-options= path-as-is= bearer= http-version=
`)

/** `http` and `xh`: `[METHOD] URL [ITEM...]`, where an item with data makes it a POST. */
export function httpieCall(command: ShellCommand, scheme: string): HttpCall {
  const words: StaticText[] = []
  const headers: StaticText[] = []
  let [body, user]: (StaticText | undefined)[] = []
  let [fails, silent, shows] = [/^xhs?$/.test(command.name.text), false, false]

  for (const item of given(command.words, HTTPIE)) {
    if ('word' in item) {
      words.push(item.word)
      continue
    }
    const {option, value} = item
    if (option === 'raw') body = value
    else if (option === 'auth') user = value
    else if (option === 'bearer' && value) headers.push({...value, text: `Authorization: Bearer ${value.text}`})
    else if (option === 'check-status') fails = true
    else if (option === 'no-check-status') fails = false
    else if (option === 'quiet' || option === 'body') silent = true
    else if (option === 'headers' || option === 'verbose') shows = true
  }

  const named = words.length > 0 && /^[A-Za-z]+$/.test(words[0]?.text ?? '') && words.length > 1
  const method = named ? words[0]?.text.toUpperCase() : undefined
  const [url, ...items] = named ? words.slice(1) : words
  for (const item of items) {
    // `Name:value` is a header, `name==value` a query; `name=value`, `name:=json`, `name@file` are data.
    const header = /^([\w-]+):(?!=)/.exec(item.text)
    if (header) {
      headers.push({...item, text: `${header[1]}: ${behind(item, header[0].length).text}`})
    } else if (!/^[^=:@]+==/.test(item.text)) body ??= item
  }
  body ??= command.input
  return {
    tool: 'httpie',
    method: method ?? (body ? 'POST' : 'GET'),
    urls: url ? [withScheme(url, scheme)] : [],
    headers,
    body,
    user,
    fails,
    showsStatus: shows,
    silent,
    command,
  }
}

/** `:3000/path` is this machine; no scheme is the tool's own. */
function withScheme(url: StaticText, scheme: string): StaticText {
  if (/^[a-z]+:\/\//i.test(url.text) || url.text.startsWith('\uFFFC')) return url
  return {...url, text: `${scheme}://${url.text.startsWith(':') ? 'localhost' : ''}${url.text.replace(/^:\//, '/')}`}
}
