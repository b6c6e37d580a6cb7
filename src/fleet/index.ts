export {ailing, type Ailing} from './ailing.ts'
export {askForToken, type AskPorts} from './ask.ts'
export {audit, collect, sourcesOf, type AuditOptions, type AuditProgress} from './audit.ts'
export {parseBaseline, updatedBaseline, type Acceptance, type AcceptedBaseline} from './baseline.ts'
export {choose, type Chosen, type Selection} from './inventory.ts'
export type {Blob} from './blob.ts'
export {place} from './deployed.ts'
export {merge} from './merge.ts'
export type {
  ListedUser,
  AuditPorts,
  FleetAgent,
  FleetWorkspace,
  Inventory,
  LedgerReader,
  ListingPort,
  PlatformReader,
} from './ports.ts'
export type {Fix, FixContext} from './fixes.ts'
export {RULES, ruleOf, type Rule, type RuleId} from './rules.ts'
export {parseShard, type Shard} from './shard.ts'
export {statusOf, type AgentStanding, type FleetStatus, type OpenStory, type ServerState} from './status.ts'
export * from './types.ts'
