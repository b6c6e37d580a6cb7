import {describe, expect, test} from 'vitest'
import {RULES} from '../../src/fleet/rules.ts'
import type {AuditReport, ScopeState} from '../../src/fleet/types.ts'
import {auditHtml} from '../../src/report/html/index.ts'
import {auditFixture, HOSTILE_NAMES} from '../support/audit-fixture.ts'
import {withChromium} from './chromium.ts'

const {visit} = withChromium()
const pageOf = (report: AuditReport) =>
  auditHtml(report, {tool: {name: 'patrol', version: '0.0.0'}, rules: RULES, root: '/srv'})
const sixty = auditFixture({agents: 60})
const openFindings = (report: AuditReport) =>
  [...report.agents.flatMap((each) => each.findings), ...report.unclaimed].filter(
    ({accepted}) => !accepted || accepted.expired,
  )

describe('what the page shows', () => {
  test('the head tells how many are fine, found and unknown, by severity, when and on which servers', async () => {
    const {page} = await visit(pageOf(sixty))
    const head = await page.getByRole('banner').innerText()
    const {summary} = sixty
    expect(await page.getByRole('heading', {level: 1}).innerText()).toBe(`${summary.ok} of 60 agents are fine`)
    for (const part of [
      `${summary.withFindings} judged with findings`,
      `${summary.unknown} not fully judged`,
      '22 Nov 2026, 03:14 UTC',
      'https://gitea.example',
      '1.22.6',
      'https://platform.example',
      'exit 5',
    ])
      expect(head).toContain(part)
    for (const [severity, count] of Object.entries(summary.findings)) {
      expect(await page.locator(`.grade.${severity}`).innerText()).toMatch(new RegExp(`^${count}\\s+${severity}$`))
    }
  })

  test('every cell of the grid says how the scope stands, in a word and with a sign', async () => {
    const {page} = await visit(pageOf(sixty))
    const seen = await page.evaluate(() => {
      const scopes = [...document.querySelectorAll('.grid th.scope')].map((each) => each.textContent ?? '')
      return [...document.querySelectorAll<HTMLElement>('.grid [data-item=agent]')].map((row) => {
        const cells = [...row.querySelectorAll('td:not(.state,.token)')]
        return {
          agent: row.dataset['agent'] ?? '',
          spanned: cells.length === 1,
          cells: cells.map((cell, index) => ({
            scope: scopes[index] ?? '',
            word: cell.textContent ?? '',
            sign: getComputedStyle(cell, '::before').content,
            colour: getComputedStyle(cell).backgroundColor + getComputedStyle(cell).color,
          })),
        }
      })
    })
    expect(seen.map(({agent}) => agent).toSorted()).toEqual(sixty.agents.map(({agent}) => agent).toSorted())
    const alive = new Map(sixty.agents.filter((each) => each.liveness === 'alive').map((each) => [each.agent, each]))
    expect(seen.filter(({spanned}) => spanned).map(({agent}) => agent)).toEqual(
      seen.filter(({agent}) => !alive.has(agent)).map(({agent}) => agent),
    )
    const single = seen.filter(({spanned}) => !spanned)
    const told = single.map(({cells}) => cells.map(({scope, word}) => `${scope} ${word}`))
    const standing = single.map(({agent, cells}) => {
      const scopes: Record<string, ScopeState> = {...alive.get(agent)?.scopes}
      return cells.map(({scope}) => `${scope} ${scopes[scope]}`)
    })
    expect(told).toEqual(standing)
    const cells = single.flatMap((each) => each.cells)
    expect([...new Set(cells.map(({word}) => word))].toSorted()).toEqual([
      'absent',
      'excess',
      'missing',
      'needed',
      'unknown',
    ])
    expect(new Set(cells.map(({sign}) => sign)).size).toBe(5)
    expect(new Set(cells.map(({word, sign, colour}) => `${word} ${sign} ${colour}`)).size).toBe(5)
  })

  test('a scope without a column is one that no agent needs, lacks or holds', async () => {
    const {page} = await visit(pageOf(sixty))
    const columns = await page.locator('.grid th.scope').allInnerTexts()
    const left = sixty.agents
      .filter(({liveness}) => liveness === 'alive')
      .flatMap(({scopes}) => Object.entries(scopes).filter(([scope]) => !columns.includes(scope)))
    expect(left.length).toBeGreaterThan(0)
    expect(left.filter(([, state]) => state !== 'absent')).toEqual([])
    const note = await page.locator('#fleet-note').innerText()
    expect(note).toContain('write:admin')
    for (const column of columns) expect(note).not.toContain(column)
  })

  test('the grid is a table to assistive technology: headings by column, row and group', async () => {
    const {page} = await visit(pageOf(sixty))
    const grid = page.getByRole('table').first()
    const columns = await page.locator('.grid th.scope').count()
    expect(await grid.getByRole('columnheader').count()).toBe(columns + 3)
    expect(await grid.getByRole('rowheader').count()).toBe(60 + new Set(sixty.agents.map((a) => a.profile)).size)
    expect(await page.locator('.grid th:not([scope])').count()).toBe(0)
    const landmarks = ['banner', 'navigation', 'search', 'main', 'contentinfo'] as const
    expect(await Promise.all(landmarks.map((each) => page.getByRole(each).count()))).toEqual([1, 1, 1, 1, 1])
  })

  test('every finding stands under its severity and rule with its fix', async () => {
    const {page} = await visit(pageOf(sixty))
    const seen = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('section.grave li')].map((each) => [
        each.closest('.grave')?.querySelector('h3')?.id,
        each.closest('.rule')?.querySelector('h4 code')?.textContent,
        each.querySelector('.who strong')?.textContent,
        each.querySelector('.fix code')?.textContent,
      ]),
    )
    const wanted = openFindings(sixty).map(({severity, rule, agent, fix}) => [severity, rule, agent, fix])
    expect(seen.map(String).toSorted()).toEqual(wanted.map(String).toSorted())
  })

  test('what somebody accepted stands apart; what ran out counts again and says so', async () => {
    const report = auditFixture({agents: 300})
    const {page} = await visit(pageOf(report))
    expect(await page.locator('section:has(> #accepted) li').count()).toBe(report.summary.accepted)
    expect(await page.locator('.grave li', {hasText: 'Acceptance expired on 2026-10-31'}).count()).toBe(
      report.summary.expired,
    )
    expect(report.summary.accepted * report.summary.expired).toBeGreaterThan(0)
  })

  test('what could not be judged is listed with its reason', async () => {
    const {page} = await visit(pageOf(sixty))
    const reasons = [...sixty.unjudged, ...sixty.agents.flatMap((each) => each.unjudged)].map(({reason}) => reason)
    expect(await page.locator('#unjudged tbody td:last-child').allInnerTexts()).toEqual(reasons)
  })

  test('the chart of ages has a title, a description, and a table with the same numbers', async () => {
    const {page} = await visit(pageOf(sixty))
    const chart = page.getByRole('img', {name: 'Tokens by age in days'})
    const drawn = await chart.locator('text:not(.axis)').allTextContents()
    expect(await chart.locator('desc').textContent()).toMatch(/\d+ tokens of known age/)
    await page.getByText('The same as a table').click()
    const rows = await page.locator('#ages tbody tr').allInnerTexts()
    const numbers = rows.map((row) =>
      row
        .split(/\s+/)
        .filter((each) => /^\d+$/.test(each))
        .map(Number),
    )
    expect(numbers.slice(0, -1).map(([within = 0, tooOld = 0]) => String(within + tooOld))).toEqual(drawn)
    expect(numbers.flat().reduce((sum, each) => sum + each, 0)).toBe(sixty.agents.flatMap((a) => a.tokens).length)
    const late = sixty.agents.flatMap((each) => each.findings).filter(({rule}) => rule === 'token-too-old').length
    expect(numbers.slice(0, -1).reduce((sum, [, tooOld = 0]) => sum + tooOld, 0)).toBeLessThanOrEqual(late)
  })

  test('of a rule the first sentence is shown, and the rest to whoever asks', async () => {
    const {page} = await visit(pageOf(sixty))
    const {explains} = RULES.find(({id}) => id === 'superseded-alive')!
    const rule = page.locator('.rule', {has: page.locator('h4 code', {hasText: /^superseded-alive$/})})
    const [lead = '', rest = ''] = /^(.+?\.) (.+)$/s.exec(explains)!.slice(1)
    await expect.poll(() => rule.locator('summary').first().innerText()).toBe(lead)
    expect(await rule.getByText(rest).isVisible()).toBe(false)
    await rule.locator('summary').first().click()
    expect(await rule.getByText(rest).isVisible()).toBe(true)
  })

  test('of a long history the page says how much of it is shown', async () => {
    const many = Array.from({length: 101}, (_, at) => ({...sixty.rotations[0]!, id: `r${at}`}))
    const note = (rotations: AuditReport['rotations']) =>
      visit(pageOf({...sixty, rotations})).then(({page}) => page.locator('#rotations .note').first().innerText())
    expect(await note(many)).toMatch(/^101 rotations: .*\. Only the newest 100 are listed\.$/)
    expect(await note(many.slice(1))).not.toMatch(/newest/)
  })

  test('rotations come newest first, with a dot each', async () => {
    const {page} = await visit(pageOf(sixty))
    const wanted = sixty.rotations.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1)).map(({id}) => id)
    expect(await page.locator('#rotations tbody small').allInnerTexts()).toEqual(wanted)
    expect(await page.locator('#rotations circle').count()).toBe(wanted.length)
  })

  test('an empty fleet and a spotless one are pages as well', async () => {
    const empty = await visit(pageOf(auditFixture({agents: 0})))
    expect(await empty.page.getByRole('heading', {level: 1}).innerText()).toBe('No agents audited')
    const [first] = sixty.agents.filter(({state}) => state === 'ok')
    const spotless = {
      ...auditFixture({agents: 1}),
      agents: [first!],
      unclaimed: [],
      rotations: [],
      summary: {...sixty.summary, agents: 1, ok: 1, withFindings: 0, unknown: 0, exit: 0},
    }
    const {page} = await visit(pageOf(spotless))
    expect(await page.getByRole('heading', {level: 1}).innerText()).toBe('The one agent is fine')
    expect(await page.locator('#findings').innerText()).toContain('Nothing found')
    expect([...empty.complaints]).toEqual([])
  })
})

describe('safety', () => {
  test('asks for nothing but itself and leaves no complaint in the console', async () => {
    const {page, complaints, served, wanted} = await visit(pageOf(sixty))
    await page.getByRole('button', {name: 'Switch to dark'}).click()
    await page.getByRole('searchbox').fill('atlas')
    await page.waitForLoadState('networkidle')
    expect(complaints).toEqual([])
    expect(served).toEqual(['/'])
    expect(wanted.filter((each) => !each.startsWith('data:'))).toHaveLength(1)
  })

  test('shows hostile names as the text they are', async () => {
    const report = auditFixture({agents: 40, hostile: true})
    report.agents[0]!.profile = HOSTILE_NAMES[1]!
    report.gitea.url = `https://x/${HOSTILE_NAMES[1]}`
    report.agents[1]!.unjudged = [{agent: report.agents[1]!.agent, rule: '*', reason: HOSTILE_NAMES[2]!}]
    const {page, complaints} = await visit(pageOf(report))
    expect(complaints).toEqual([])
    expect(await page.evaluate('typeof pwned')).toBe('undefined')
    expect(await page.locator('body img, [onload], [onerror], body script').count()).toBe(1)
    const shown = await page.locator('.grid th.name bdi:first-child').allTextContents()
    expect(shown).toContain('<script>window.pwned=1</script>0')
    expect(shown).toContain('"><img src=x onerror=window.pwned=2>1')
    expect(shown).toContain(String.raw`\u202egnp.exe\u202c\nrm -rf /3`)
    expect(await page.locator('body').textContent()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
  })

  test('a command to copy is one line, whatever the name in it', async () => {
    const report = auditFixture({agents: 40, hostile: true})
    const {page} = await visit(pageOf(report))
    const fixes = await page.locator('.fix code').allTextContents()
    expect(fixes.some((fix) => fix.includes('rm -rf'))).toBe(true)
    expect(fixes.filter((fix) => /\p{Cc}/u.test(fix))).toEqual([])
  })

  test('its policy lets no other script, style or request through', async () => {
    const {page, complaints, served} = await visit(pageOf(sixty))
    await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'window.pwned = 1'
      const image = document.createElement('img')
      image.src = '/pixel'
      const style = document.createElement('style')
      style.textContent = 'body{color:red}'
      document.body.append(script, image, style)
    })
    await expect.poll(() => complaints.length).toBe(3)
    expect(complaints.join()).toMatch(/script-src[\s\S]*img-src[\s\S]*style-src|Content Security Policy/)
    expect(await page.evaluate('typeof pwned')).toBe('undefined')
    expect(served).toEqual(['/'])
  })
})
