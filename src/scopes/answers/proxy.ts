import type {KnownAnswer} from './type.ts'

const PROXY = 'a proxy before the server, not the server'

/** What stands where an answer of the server should; the API itself speaks JSON, and a few lines of plain text. */
export const PROXY_ANSWERS: readonly KnownAnswer[] = [
  {
    says: /\b429 Too Many Requests|\bHTTP\/[\d.]+ 429\b|<[^>]{0,40}>\s{0,20}Too many requests|\berror code: 1015\b/i,
    by: 'state',
    status: [429],
    source: PROXY,
    on: 'every release',
    means: 'a proxy limits how often the server is asked; the server itself never does',
    cure: 'wait as long as Retry-After says, and ask less often; no scope helps',
  },
  {
    says: /www-authenticate: (?:Basic|Digest|Negotiate|NTLM)(?! realm="(?:Gitea|Forgejo|\.))(?: realm="(?=[^"]))?|\b401 Authorization Required\b/i,
    by: 'credential',
    status: [401],
    source: PROXY,
    on: 'every release',
    means: 'a proxy asks for a password of its own; the server never saw the token',
    cure: 'take the path of the API out of what the proxy guards, or send both: the proxy takes Authorization for itself',
  },
  {
    says: /\bupstream timed out\b|\bno available server\b|\bupstream connect error\b|(?<=<(?:h1|title)>)50[234] [\w -]{1,40}/i,
    by: 'state',
    status: [502, 503, 504],
    source: PROXY,
    on: 'every release',
    means: 'the proxy did not reach the server, or waited too long for it; no scope helps',
    cure: 'ask again later; whether a write took place is not known',
  },
  {
    says: /<(?:html|head|title|!doctype html)\b(?=[^>]{0,300}>)/i,
    by: 'state',
    status: [401, 403, 404, 500],
    source: 'a proxy before the server, or the web interface beside the API',
    on: 'every release',
    means:
      'an HTML page is no answer of the API: a proxy or firewall before the server refused it, or the base URL is wrong and its web interface answered',
    cure: 'ask GET /api/v1/version at the same base URL: it has to answer JSON; then look at the rules of the proxy',
  },
]
