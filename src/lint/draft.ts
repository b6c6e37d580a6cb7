import type {Catalogue} from '../scopes/catalogue.ts'
import type {FileStretch} from './excerpt.ts'
import type {FileReading} from './reading.ts'
import type {LintRuleId} from './rules.ts'
import type {Edit, LintOptions} from './types.ts'

/** A finding before the engine gives it its file, its severity and its fingerprint. */
export interface FindingDraft {
  rule: LintRuleId
  at: FileStretch
  message: string
  fix: string
  edit?: Edit
  /** What sort of thing is faulty, for the fingerprint: a scope's name, a route. Never a value that may be secret. */
  kind: string
}

/** What rules know besides the file. */
export interface LintKnowledge {
  options: LintOptions
  catalogue: Catalogue
}

export type Judge = (reading: FileReading, knowledge: LintKnowledge) => Iterable<FindingDraft>
