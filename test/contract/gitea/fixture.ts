import type {GiteaRepo, GiteaSeed, GiteaTeam} from '../../../src/simulator/types.ts'

/** The password of everyone in the fixture. */
export const PASSWORD = 'not-a-real-password'

/** An owner, organisation or user name that Gitea's own rules forbid, so that it can never be found. */
export const NOBODY = '~scope-probe~'

/** The names of one run; a real server keeps what earlier runs left, so each run has its own. */
export function names(tag: string) {
  return {
    /** Site admin. */
    chief: `${tag}-chief`,
    /** Owns every repository. */
    alice: `${tag}-alice`,
    /** Ordinary, owns nothing but tokens. */
    bob: `${tag}-bob`,
    /** Has neither tokens nor anything else. */
    bare: `${tag}-bare`,
    /** Private visibility. */
    carol: `${tag}-carol`,
    /** Renamed, with a repository. */
    dave: `${tag}-dave`,
    formerDave: `${tag}-dave-before`,
    inactive: `${tag}-inactive`,
    prohibited: `${tag}-prohibited`,
    mustChange: `${tag}-mustchange`,
    /** Has more tokens than one page holds. */
    hoarder: `${tag}-hoarder`,
    club: `${tag}-club`,
  }
}

export type Names = ReturnType<typeof names>

/** How many tokens the hoarder has: more than the largest page. */
export const HOARD = 53

/** The one declaration of what the suite runs against, whatever the target is. */
export function fixtureSeed(who: Names, withRepos: boolean): GiteaSeed {
  return {
    users: [
      {login: who.chief, password: PASSWORD, isAdmin: true},
      {login: who.alice, password: PASSWORD},
      {login: who.bob, password: PASSWORD},
      {login: who.bare, password: PASSWORD},
      {login: who.carol, password: PASSWORD, visibility: 'private'},
      {
        login: who.dave,
        password: PASSWORD,
        formerly: [who.formerDave],
        tokens: [
          {...everything(4), name: 'older', createdAt: '2026-01-01T00:00:00Z'},
          {...everything(5), name: 'newer', createdAt: '2026-01-02T00:00:00Z'},
        ],
      },
      {login: who.inactive, password: PASSWORD, active: false, tokens: [everything(1)]},
      {login: who.prohibited, password: PASSWORD, prohibitLogin: true, tokens: [everything(2)]},
      {login: who.mustChange, password: PASSWORD, mustChangePassword: true, tokens: [everything(3)]},
      {
        login: who.hoarder,
        password: PASSWORD,
        tokens: Array.from({length: HOARD}, (_, at) => ({
          name: `hoard-${at}`,
          value: `${'b'.repeat(36)}${String(at).padStart(4, '0')}`,
          scopes: ['read:user'],
        })),
      },
    ],
    orgs: [{name: who.club, owners: [who.alice], teams: withRepos ? TEAMS : [], labels: ['org-wide']}],
    repos: withRepos ? repos(who) : [],
  }
}

/** Of the club; nobody is in them. */
const TEAMS: GiteaTeam[] = [
  {name: 'devs', permission: 'write', repos: ['vault']},
  {name: 'readers', permission: 'read', units: ['code', 'pulls'], repos: 'all'},
  {name: 'Stewards', permission: 'admin', repos: ['vault']},
]

function repos(who: Names): GiteaRepo[] {
  return [
    {
      owner: who.alice,
      name: 'open',
      labels: ['approved', 'urgent', 'blocked'],
      issues: [
        {title: 'plain'},
        {title: 'approved', labels: ['approved']},
        {title: 'approved and urgent', labels: ['approved', 'urgent']},
        {title: 'closed', state: 'closed', labels: ['approved']},
        {title: 'change', pull: true, labels: ['urgent']},
        {title: 'closed change', pull: true, state: 'closed'},
      ],
    },
    {owner: who.alice, name: 'secret', private: true, issues: [{title: 'hidden'}]},
    {owner: who.alice, name: 'shared', private: true, collaborators: [{login: who.bob, permission: 'read'}]},
    {owner: who.alice, name: 'bare', empty: true},
    {owner: who.alice, name: 'attic', archived: true, issues: [{title: 'old'}]},
    {owner: who.alice, name: 'now', formerly: ['before'], issues: [{title: 'moved'}]},
    {
      owner: who.alice,
      name: 'no-issues',
      hasIssues: false,
      issues: [{title: 'change', pull: true}],
    },
    {owner: who.alice, name: 'no-pulls', hasPulls: false, issues: [{title: 'only'}]},
    {owner: who.alice, name: 'no-units', hasIssues: false, hasPulls: false},
    {owner: who.alice, name: 'crowd', issues: Array.from({length: 7}, (_, at) => ({title: `one of many ${at}`}))},
    {owner: who.dave, name: 'open'},
    {owner: who.club, name: 'house', labels: ['approved'], issues: [{title: 'in the club'}]},
    {owner: who.club, name: 'vault', private: true, issues: [{title: 'behind the door'}]},
    {owner: who.club, name: 'cellar', private: true},
  ]
}

const everything = (at: number) => ({name: 'everything', value: `${'a'.repeat(39)}${at}`, scopes: ['all']})
