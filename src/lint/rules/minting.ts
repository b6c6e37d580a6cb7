import {forgeOfCatalogue} from '../../scopes/catalogue.ts'
import type {CatalogueVersion, CallMatch} from '../../scopes/catalogue.ts'
import type {FindingDraft, Judge, LintKnowledge} from '../draft.ts'
import type {Passage} from '../reading.ts'
import {giteaPath} from './gitea.ts'
import {isDenied} from './prose.ts'

const ADMIN_PAGE =
  /\b(?:site administration|admin(?:istration)? (?:panel|area|page))\b[^.]{0,160}\b(?:access tokens?|applications|generate|new token)\b/i
const PAGE = /settings\s*(?:→|->|>|›|»|\/)+\s*\**\s*applications|generate new token/i
const ANOTHER =
  /site.?admin|\b(?:affected|that|other|another|agent['’]?s?|target(?:ed)?|each|every)\s+users?\b|user['’]s\s+(?:profile|settings|account)|on\s+(?:his|her|their|its)\s+behalf|impersonat/i

/** Ways to mint that the server does not have. */
export const judgeMinting: Judge = function* ({requests, passages}, knowledge) {
  const {catalogue} = knowledge
  for (const request of requests) {
    const path = giteaPath(request, catalogue)
    const wanted = path === undefined ? undefined : credentialFor(request.method, path, knowledge)
    if (!wanted || !request.command) continue
    const {call, script} = request.command
    const header = call.headers.find((text) => /^authorization:\s*(?:token|bearer)\s/i.test(script.resolve(text)))
    if (!header || call.user) continue
    yield {
      rule: 'mint-not-possible',
      at: script.where(header.at),
      ...WANTED[wanted],
      kind: 'header',
    }
  }
  const another = new Set(
    passages.filter(({text}) => ANOTHER.test(text) || ADMIN_PAGE.test(text)).map(({section}) => section),
  )
  for (const passage of passages) {
    if (passage.kind === 'paragraph' && another.has(passage.section) && asksForPage(passage))
      yield byPage(passage, catalogue.version)
  }
}

const WANTED = {
  password: {
    message: 'A token in the header is answered with 401 here: the tokens of a user want a Basic credential.',
    fix: 'Use Basic: the administrator’s name with a password, or with a token of write:user in the password’s place. Or: patrol mint AGENT',
  },
  'password-only': {
    message: 'A token in the header is answered with 401 here: only a password mints and deletes tokens.',
    fix: 'Use Basic with the administrator’s name and password; a token in the password’s place is refused as well (Forgejo 11.0.4 and newer). Or: patrol mint AGENT',
  },
} as const

/** What a call wants in the place of a token in the header; undefined where that will do, or nobody knows. */
function credentialFor(
  method: string,
  path: string,
  {catalogue, options}: LintKnowledge,
): keyof typeof WANTED | undefined {
  const match: CallMatch = catalogue.match(method, path)
  // Forgejo let go of that for lists in one of the releases that have no table (7 to 11).
  if (match.kind !== 'route' || (options.nearest && method === 'GET')) return undefined
  return match.route.wants.find((want): want is keyof typeof WANTED => want in WANTED)
}

function asksForPage({text}: Passage): boolean {
  return (
    (PAGE.test(text) || ADMIN_PAGE.test(text)) &&
    !isDenied(text) &&
    !/\bcan(?:['’]|no)t\b|\bonly for (?:one|your)sel|\b(?:his|her|their|its|your|one['’]s) own\b/i.test(text)
  )
}

function byPage({at}: Passage, version: CatalogueVersion): FindingDraft {
  return {
    rule: 'mint-not-possible',
    at,
    message:
      'The web pages generate tokens for whoever is signed in; a site admin finds no such page for another user.',
    fix: `Mint by the API with an administrator’s Basic credential (patrol mint AGENT), or on the server: ${forgeOfCatalogue(version)} admin user generate-access-token --username USER --scopes …`,
    kind: 'page',
  }
}
