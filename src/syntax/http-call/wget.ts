import type {HttpCall, ShellCommand, StaticText} from '../types.ts'
import {given, options} from './options.ts'

const WGET = options(`
  A:accept= B:base= D:domains= I:include-directories= O:output-document= P:directory-prefix= Q:quota= R:reject=
  T:timeout= U:user-agent= X:exclude-directories= a:append-output= e:execute= i:input-file= l:level= o:output-file=
  t:tries= w:wait= n:no=
  q:quiet S:server-response c:continue N:timestamping d:debug v:verbose r:recursive k:convert-links
  method= post-data= post-file= body-data= body-file= header= user= password= http-user= http-password=
  ca-certificate= certificate= private-key= max-redirect= waitretry= bind-address= limit-rate= load-cookies=
  save-cookies= referer= proxy-user= proxy-password= connect-timeout= read-timeout= dns-timeout=
  retry-on-http-error= use-askpass=
`)

/** `wget`: it ends non-zero on an HTTP error by itself. */
export function wgetCall(command: ShellCommand): HttpCall {
  const urls: StaticText[] = []
  const headers: StaticText[] = []
  let [body, method, user, password]: (StaticText | undefined)[] = []
  let [silent, shows, fails] = [false, false, true]

  for (const item of given(command.words, WGET)) {
    if ('word' in item) {
      urls.push(item.word)
      continue
    }
    const {option, value} = item
    if (/^(post|body)-(data|file)$/.test(option)) {
      body = value
      if (option.startsWith('post')) method ??= value && {...value, text: 'POST', holes: []}
    } else if (option === 'method') method = value
    else if (option === 'header' && value) headers.push(value)
    else if (option === 'user' || option === 'http-user') user = value
    else if (option === 'password' || option === 'http-password') password = value
    else if (option === 'quiet') silent = true
    else if (option === 'server-response') shows = true
    else if (option === 'spider') method ??= {text: 'HEAD', holes: [], at: command.at}
    else if (option === 'content-on-error') fails = true
  }
  return {
    tool: 'wget',
    method: method?.text ?? 'GET',
    urls,
    headers,
    body,
    user:
      user && password
        ? {text: `${user.text}:${password.text}`, holes: [...user.holes, ...password.holes], at: password.at}
        : user,
    fails,
    showsStatus: shows,
    silent,
    command,
  }
}
