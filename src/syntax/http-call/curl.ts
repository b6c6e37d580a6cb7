import {HOLE, type HttpCall, type ShellCommand, type StaticText} from '../types.ts'
import {given, options} from './options.ts'

const CURL = options(`
  A:user-agent= C:continue-at= D:dump-header= E:cert= F:form= H:header= K:config= P:ftp-port= Q:quote=
  T:upload-file= U:proxy-user= X:request= Y:speed-limit= b:cookie= c:cookie-jar= d:data= e:referer= h:help=
  m:max-time= o:output= r:range= t:telnet-option= u:user= w:write-out= x:proxy= y:speed-time= z:time-cond=
  I:head G:get s:silent f:fail S:show-error L:location i:include k:insecure v:verbose O:remote-name g:globoff
  J:remote-header-name N:no-buffer #:progress-bar n:netrc j:junk-session-cookies R:remote-time 0:http1.0 1:tlsv1
  4:ipv4 6:ipv6 a:append l:list-only p:proxytunnel q:disable Z:parallel ::next
  abstract-unix-socket= aws-sigv4= cacert= capath= cert-type= ciphers= connect-timeout= connect-to= data-ascii=
  data-binary= data-raw= data-urlencode= dns-servers= doh-url= expect100-timeout= form-string= interface= json=
  keepalive-time= key= key-type= limit-rate= local-port= max-filesize= max-redirs= netrc-file= noproxy=
  oauth2-bearer= output-dir= parallel-max= pass= pinnedpubkey= proto= proto-default= proto-redir= proxy-header=
  preproxy= rate= request-target= resolve= retry= retry-delay= retry-max-time= service-name= socks5=
  socks5-hostname= stderr= tls-max= tls13-ciphers= tlspassword= tlsuser= trace= trace-ascii= unix-socket= url=
  url-query= variable= expand-data= expand-header= expand-url= etag-save= etag-compare= create-file-mode=
`)

const BODIES = new Set(['data', 'data-ascii', 'data-binary', 'data-raw', 'data-urlencode', 'json', 'expand-data'])

/** `curl`. With `-K` some of it stands in a file: then a header that is nothing but a hole is among the headers. */
export function curlCall(command: ShellCommand): HttpCall {
  const urls: StaticText[] = []
  const headers: StaticText[] = []
  let [body, user, request, write]: (StaticText | undefined)[] = []
  let [get, head, form, upload, fails, silent] = [false, false, false, false, false, false]

  for (const item of given(command.words, CURL)) {
    if ('word' in item) {
      urls.push(item.word)
      continue
    }
    const {option, value} = item
    if (BODIES.has(option)) {
      body ??= value
      if (option === 'json') {
        for (const text of ['Content-Type: application/json', 'Accept: application/json']) {
          headers.push({text, holes: [], at: value?.at ?? command.at})
        }
      }
    } else if (option === 'form' || option === 'form-string') {
      form = true
      body ??= value
    } else if (option === 'upload-file') {
      upload = true
      body ??= value
    } else if (option === 'get') get = true
    else if (option === 'head') head = true
    else if (option === 'request') request = value
    else if ((option === 'header' || option === 'expand-header') && value) headers.push(value)
    else if (option === 'oauth2-bearer' && value) {
      headers.push({text: `Authorization: Bearer ${value.text}`, holes: value.holes, at: value.at})
    } else if (option === 'config') {
      headers.push({text: HOLE, holes: [`--config ${value?.text ?? ''}`], at: value?.at ?? command.at})
    } else if (option === 'user') user = value
    else if ((option === 'url' || option === 'expand-url') && value) urls.push(value)
    else if (option === 'write-out') write = value
    else if (option === 'fail' || option === 'fail-with-body' || option === 'fail-early')
      fails ||= option !== 'fail-early'
    else if (option === 'no-fail') fails = false
    else if (option === 'silent') silent = true
  }

  const chosen = head ? 'HEAD' : upload ? 'PUT' : get ? 'GET' : body || form ? 'POST' : 'GET'
  return {
    tool: 'curl',
    // A body read from a here-document is data; `-d @-` names it.
    method: request?.text ?? chosen,
    urls: urls.filter(({text}) => text !== ''),
    headers,
    body: body && (/^@-$/.test(body.text) && command.input ? command.input : body),
    user,
    fails,
    showsStatus: /http_code|response_code/.test(write?.text ?? ''),
    silent,
    command,
  }
}
