/**
 * What an answer of a server can be about, and words without which nobody has said so. They are as wide as a careful reader is.
 */
export const SUBJECTS = {
  scope: /\bscopes?\b/i,
  'stored-scope':
    /(stored|saved|database|token('s)?).*\b(unknown|invalid|not exist|broken|corrupt|does not know)|record|mint.*(new|another|again)|new token/is,
  'public-only': /public/i,
  credential:
    /(credential|token|password|user ?name).*(unknown|does not know|not know|reject|refus|revok|delet|invalid|no longer|not accept|wrong|dead|mistyp|not valid|not exist)|\b(dead|live) token|for nobody/is,
  password: /password/i,
  'user-unknown':
    /\b(user|login|name|account)\b.*(unknown|not exist|no such|does not know|not know|renam|delet|wrong)|no (user|account|organi[sz]ation)/is,
  account: /account|prohibit|active|activat|not allowed|may not sign in|blocked|disabled/i,
  'one-time-code': /one-time|otp|two-factor|2fa|totp/i,
  'security-key': /webauthn|security key|passkey/i,
  anonymous:
    /(no|without( a)?|not? .{0,20}) (credential|token)|credential.*(missing|not (reach|arriv|sen)|strip|never)|anonymous|sign(ed)? in/is,
  'must-change-password': /chang.*password|password.*chang/is,
  'site-admin': /admin/i,
  'tokens-of-another': /(other|another|own|self|same|some(one|body) else).*|admin/is,
  'repo-right': /right|permission|collaborator|owner|write access|may not/i,
  protected: /protect/i,
  'org-right': /owner|member|team|organi[sz]ation/i,
  package: /package/i,
  locked: /lock/i,
  'scope-name':
    /no such scope|not exist|no scope|unknown|does not know|is not a scope|not a scope|lower.?case|spelled|mean(t)?\b/i,
  'mint-empty': /(no|without|at least one|name|empty|give|ask).*scope/is,
  'token-name': /\bname/i,
  'token-gone': /(already|no longer|not there|gone|no such|not exist|delet|another user)/i,
  'basic-needed': /basic|password/i,
  'mint-broader': /(broader|wider|more than|holds?|has no scope|itself|parent|subset|own scopes)/i,
  confined: /repositor/i,
  archived: /archiv/i,
  quota: /quota|space|full|storage/i,
  unseen:
    /(not|may|can('t|not)?|no right|invisible|private|hidden|without).*(see|seen|exist|there|visible|reach|find|found|read)/is,
  route: /(no such|not have|does not exist|no route|unknown|not a route|no call of (this|gitea)|other methods?|405)/i,
  proxy: /proxy|not (gitea|forgejo|the server)|in front|reverse|gateway|between/i,
} as const satisfies Record<string, RegExp>

export type Subject = keyof typeof SUBJECTS

/** Whether a label's subject is one of these. */
export function isSubject(name: unknown): name is Subject {
  return typeof name === 'string' && Object.hasOwn(SUBJECTS, name)
}
