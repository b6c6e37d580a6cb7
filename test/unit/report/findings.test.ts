import {expect, test} from 'vitest'
import type {AuditFinding} from '../../../src/fleet/types.ts'
import {auditedFindings, CommonCures, curesOf} from '../../../src/report/formats/findings.ts'

const onboard = 'patrol onboard agent-new'
const finding = (severity: AuditFinding['severity'], cure: Pick<AuditFinding, 'fix' | 'note'>): AuditFinding => ({
  agent: 'agent-new',
  rule: 'made-up',
  severity,
  message: 'made up',
  fingerprint: 'f'.repeat(64),
  subject: {},
  evidence: undefined,
  ref: 'made-up',
  anchor: undefined,
  accepted: undefined,
  ...cure,
})

test('findings of one agent that one command mends name it once, with what has to be known for each', () => {
  const cures = curesOf(
    auditedFindings([
      finding('medium', {fix: undefined, note: 'ask its operator'}),
      finding('high', {fix: onboard, note: 'or give it the right workspace'}),
      finding('critical', {fix: onboard, note: undefined}),
      finding('low', {fix: onboard, note: 'after that'}),
      finding('low', {fix: onboard, note: 'after that'}),
      finding('low', {fix: undefined, note: undefined}),
    ]),
  )
  expect(cures).toEqual([
    {fix: onboard, note: 'or give it the right workspace; after that'},
    {fix: undefined, note: 'ask its operator'},
  ])
})

test('agents that one command mends have it in common, whatever else is noted for another finding of each', () => {
  const common = new CommonCures()
  for (const agent of ['agent-new', 'agent-new-2']) {
    const fix = `patrol onboard ${agent}`
    common.add(
      auditedFindings([
        finding('critical', {fix, note: undefined}),
        finding('high', {fix, note: 'or give it the right workspace'}),
        finding('high', {fix: `patrol rotate ${agent}`, note: 'once it is back'}),
      ]),
    )
  }
  const accepted = {owner: 'ops', reason: 'known', expires: '2027-01-01', expired: false}
  const third = finding('critical', {fix: 'patrol onboard agent-new-3', note: undefined})
  common.add(auditedFindings([{...third, accepted}]))
  expect(common.commands).toEqual(['patrol onboard agent-new agent-new-2'])
})
