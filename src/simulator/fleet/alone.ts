import {missing, none, SIDES} from './flaw.ts'
import type {Flaw, Sees} from './flaw.ts'
import {NEEDS, adopt, running, tokenOf} from './member.ts'
import type {Member} from './member.ts'

/** These change what can be known of everything else, so each stands alone. */
export const ALONE: readonly Flaw[] = [
  {
    name: 'runs on a dead token',
    sides: SIDES,
    plant(member, {chance}) {
      member.tokens = []
      member.ledger = []
      member.held = chance.hex(40)
    },
    // Dead is only what Gitea answers 401; a listing shows no more than that nobody knows what is deployed.
    finds: (_, {probes}) => [{rule: probes ? 'token-dead' : 'deployed-unknown'}],
  },
  blocked('may not sign in', {prohibitLogin: true}, () => true),
  blocked('is not active', {active: false}, () => true),
  // No listing shows whose password has expired.
  blocked('must change its password', {mustChangePassword: true}, ({probes}) => probes),
  {
    name: 'runs on nobody knows what',
    sides: SIDES,
    plant(member) {
      member.referenced = false
      member.ledger = []
    },
    // A listing shows its one token, which is taken for the deployed one.
    finds: (_, {asks, listing}) => (asks || listing ? [] : [{rule: 'deployed-unknown'}]),
  },
  {
    name: 'runs on another token than patrol is told',
    sides: SIDES,
    plant(member, workshop) {
      member.profile = 'engineer'
      const told = running(member)
      // A name of ours would make it an orphan once somebody knows that it is not deployed.
      told.name = 'first'
      told.scopes = NEEDS.engineer
      const other = tokenOf('by-hand', ['write:repository', 'read:user'], 9, workshop)
      member.tokens.push(other)
      member.ledger = []
      member.written = member.held
      member.held = other.value
    },
    finds: (_, {listing, asks}) => [
      ...(listing ? [{rule: 'several-live-tokens'}] : []),
      ...(asks ? missing('read:issue') : []),
    ],
  },
  {
    name: 'has a user that Gitea does not have',
    sides: SIDES,
    plant(member, {chance}) {
      vanish(member, chance.hex(40))
      member.referenced = false
    },
    finds: (_, {listing, asks}) => [
      // What it says that it holds may be somebody else's.
      {rule: listing && !asks ? 'token-dead' : 'deployed-unknown'},
      ...(listing ? [{rule: 'workspace-without-user'}] : []),
    ],
  },
  {
    name: 'has a user that Gitea does not have, and a value of it',
    sides: SIDES,
    plant: (member, {chance}) => vanish(member, chance.hex(40)),
    finds: (_, {listing, probes}) => [
      {rule: probes ? 'token-dead' : 'deployed-unknown'},
      ...(listing ? [{rule: 'workspace-without-user'}] : []),
    ],
  },
  {
    name: 'is known by the ledger alone',
    sides: SIDES,
    plant(member, workshop) {
      adopt(member, workshop)
      member.referenced = false
    },
    finds: none,
  },
]

function vanish(member: Member, held: string): void {
  member.unheardOf = true
  member.tokens = []
  member.ledger = []
  member.held = held
}

function blocked(name: string, account: Member['account'], visible: (sees: Sees) => boolean): Flaw {
  return {
    name,
    sides: SIDES,
    plant: (member) => void Object.assign(member.account, account),
    finds: (_, sees) => (visible(sees) ? [{rule: 'token-blocked'}] : []),
  }
}
