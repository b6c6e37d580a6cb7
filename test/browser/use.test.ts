import {readFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import type {AxeResults} from 'axe-core'
import type {Page} from 'playwright-core'
import {describe, expect, test} from 'vitest'
import {RULES} from '../../src/fleet/rules.ts'
import type {AgentAudit, AuditReport} from '../../src/fleet/types.ts'
import {auditHtml} from '../../src/report/html/index.ts'
import {auditFixture} from '../support/audit-fixture.ts'
import {withChromium} from './chromium.ts'

const {visit} = withChromium()
const pageOf = (report: AuditReport) =>
  auditHtml(report, {tool: {name: 'patrol', version: '0.0.0'}, rules: RULES, root: '/srv'})
const sixty = auditFixture({agents: 60})
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const shownAgents = async (page: Page) => {
  const rows = page.locator('[data-item=agent]:not([hidden])')
  return (await rows.evaluateAll((all) => all.map((each) => each.getAttribute('data-agent') ?? ''))).toSorted()
}
const namesOf = (agents: readonly AgentAudit[]) => agents.map(({agent}) => agent).toSorted()
const isOpen = (each: AgentAudit['findings'][number]) => !each.accepted || each.accepted.expired
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText())

describe('filters', () => {
  test('by state, severity, profile and text, all at once, in grid and findings', async () => {
    const {page} = await visit(pageOf(sixty))
    const is = async (which: (audit: AgentAudit) => boolean) => {
      const wanted = sixty.agents.filter(which)
      expect(wanted.length).toBeGreaterThan(0)
      expect(wanted.length).toBeLessThan(60)
      expect(await shownAgents(page)).toEqual(namesOf(wanted))
    }
    await page.getByText('findings', {exact: true}).click()
    await is((each) => each.state === 'findings')
    await page.getByText('unknown', {exact: true}).first().click()
    await is((each) => each.state !== 'ok')
    await page.getByRole('checkbox', {name: 'high'}).check()
    await is((each) => each.state !== 'ok' && each.findings.some((one) => isOpen(one) && one.severity === 'high'))
    await page.getByRole('button', {name: 'Clear'}).click()
    expect(await shownAgents(page)).toHaveLength(60)
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('q')
    await page.getByRole('combobox', {name: 'Profile'}).selectOption('reviewer')
    await is((each) => each.profile === 'reviewer')
    await page.getByRole('searchbox').fill('ATLAS')
    await is((each) => each.profile === 'reviewer' && each.agent.includes('atlas'))
    const left = await page.locator('.items li:not([hidden]) .who').allTextContents()
    expect(left.every((who) => who.includes('atlas') && who.includes('reviewer'))).toBe(true)
  })

  test('text finds rules and messages too, and a name in quotes only that name', async () => {
    const {page} = await visit(pageOf(sixty))
    await page.getByRole('searchbox').fill('scope-missing')
    expect(await shownAgents(page)).toEqual(
      namesOf(sixty.agents.filter((each) => each.findings.some(({rule}) => rule === 'scope-missing'))),
    )
    await page.getByRole('searchbox').fill('it can mint ITSELF')
    expect(await shownAgents(page)).toEqual(
      namesOf(sixty.agents.filter((each) => each.findings.some(({rule}) => rule === 'scope-dangerous'))),
    )
    await page.getByRole('searchbox').fill('"atlas-1"')
    expect(await shownAgents(page)).toEqual(['atlas-1'])
    await page.getByRole('searchbox').fill('atlas-1')
    expect(await shownAgents(page)).toEqual(['atlas-1', 'atlas-10'])
  })

  test('their counts are told by a live region, and nothing left is said in words', async () => {
    const {page} = await visit(pageOf(sixty))
    const count = page.locator('#count')
    expect(await count.getAttribute('aria-live')).toBe('polite')
    const found = sixty.agents.flatMap((each) => each.findings).length + sixty.unclaimed.length
    expect(await count.innerText()).toBe(`60 agents, ${found} findings`)
    await page.getByRole('searchbox').fill('"atlas-1"')
    expect(await count.innerText()).toMatch(new RegExp(`^1 of 60 agents, \\d+ of ${found} findings$`))
    await page.getByRole('searchbox').fill('no such thing')
    expect(await page.getByText('No agent passes the filters.').isVisible()).toBe(true)
    expect(await page.getByText('No finding passes the filters.').isVisible()).toBe(true)
    expect(await page.locator('.grid .group:visible, .grave:visible').count()).toBe(0)
  })

  test('stay in the address: a reload and a link show the same', async () => {
    const {page} = await visit(pageOf(sixty))
    await page.getByRole('checkbox', {name: 'findings'}).check()
    await page.getByRole('checkbox', {name: 'medium'}).check()
    await page.getByRole('combobox', {name: 'Profile'}).selectOption('engineer')
    await page.getByRole('searchbox').fill('a & b=c#')
    const address = await page.evaluate(() => location.href)
    expect(new URLSearchParams(new URL(address).hash.slice(1)).get('q')).toBe('a & b=c#')
    await page.getByRole('searchbox').fill('')
    const before = await shownAgents(page)
    await page.reload()
    expect(await shownAgents(page)).toEqual(before)
    await page.evaluate((hash) => (location.hash = hash), new URL(address).hash)
    await expect.poll(() => page.getByRole('searchbox').inputValue()).toBe('a & b=c#')
    await page.getByRole('link', {name: 'Rotations'}).click()
    await expect.poll(() => page.evaluate(() => location.href)).toBe(address)
  })

  test('an address that makes no sense filters nothing', async () => {
    const {page, complaints} = await visit(pageOf(sixty))
    await page.evaluate(() => (location.hash = '#state=nonsense&profile=%00&severity=&q='))
    await page.reload()
    expect(await shownAgents(page)).toHaveLength(60)
    expect(complaints).toEqual([])
  })
})

describe('copying', () => {
  test('a fix, and all fixes of a rule that the filters leave', async () => {
    const {page} = await visit(pageOf(sixty))
    const first = page.locator('.grave li').first()
    await first.getByRole('button').click()
    await expect.poll(() => clipboard(page)).toBe(await first.locator('.fix code').innerText())
    await expect.poll(() => page.getByRole('status').last().textContent()).toBe('Copied the fix.')

    const rule = page.locator('.rule', {has: page.locator('[data-copy-all]')}).first()
    const [kept = '', ...others] = await rule.locator('.fix code').allInnerTexts()
    await rule.getByRole('button', {name: 'Copy all shown fixes'}).click()
    await expect.poll(() => clipboard(page)).toBe([kept, ...others].join('\n'))
    await page.getByRole('searchbox').fill(`"${await rule.locator('.who strong').first().innerText()}"`)
    await rule.locator('[data-copy-all]').click()
    await expect.poll(() => clipboard(page)).toBe(kept)
  })

  test('works where the browser offers no clipboard, and keeps the focus', async () => {
    const {page} = await visit(pageOf(sixty))
    const reader = await page.context().newPage()
    await reader.goto(page.url())
    await page.bringToFront()
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', {value: undefined}))
    const item = page.locator('.grave li').nth(1)
    await item.getByRole('button').focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => item.getByRole('button').innerText()).toBe('Copied')
    expect(await item.getByRole('button').evaluate((each) => each === document.activeElement)).toBe(true)
    await reader.bringToFront()
    await expect.poll(() => clipboard(reader)).toBe(await item.locator('.fix code').innerText())
  })

  test('selects the text where copying is refused', async () => {
    const {page} = await visit(pageOf(sixty))
    await page.evaluate(() => {
      Object.defineProperty(navigator, 'clipboard', {value: undefined})
      document.execCommand = () => false
    })
    const item = page.locator('.grave li').first()
    await item.getByRole('button').click()
    await expect
      .poll(() => page.evaluate(() => String(getSelection())))
      .toBe(await item.locator('.fix code').innerText())
  })
})

describe('keyboard', () => {
  test('reaches skip link, filters and grid in order, and every stop shows its focus', async () => {
    const {page} = await visit(pageOf(auditFixture({agents: 30})))
    const stops: string[] = []
    for (let step = 0; step < 24; step++) {
      await page.keyboard.press('Tab')
      const stop = await page.evaluate(() => {
        const at = document.activeElement
        const shown = at instanceof HTMLInputElement && at.type === 'checkbox' ? at.nextElementSibling : at
        return {
          name: at?.getAttribute('name') ?? at?.className ?? '',
          outlined: shown !== null && getComputedStyle(shown).outlineStyle !== 'none',
        }
      })
      stops.push(`${stop.name}${stop.outlined ? '' : ' without outline'}`)
    }
    expect(stops.filter((each) => each.endsWith('without outline'))).toEqual([])
    expect(stops[0]).toContain('skip')
    expect(stops.indexOf('q')).toBeGreaterThan(0)
    expect(stops.indexOf('scroller')).toBeGreaterThan(stops.lastIndexOf('severity'))
  })

  test('toggles a filter with space and goes from an agent to its findings with enter', async () => {
    const {page} = await visit(pageOf(sixty))
    await page.getByRole('checkbox', {name: 'critical'}).focus()
    await page.keyboard.press('Space')
    const agent = sixty.agents.find((each) => each.findings.some((one) => isOpen(one) && one.severity === 'critical'))!
    await page.getByRole('link', {name: agent.agent, exact: true}).focus()
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('findings-h')
    expect(await shownAgents(page)).toEqual([agent.agent])
    expect(await page.locator('#findings li:visible').count()).toBeGreaterThan(0)
  })
})

describe('light and dark', () => {
  const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor)

  test('follow the system, can be chosen, and the choice is kept', async () => {
    const light = await visit(pageOf(sixty), {colorScheme: 'light'})
    const {page} = await visit(pageOf(sixty), {colorScheme: 'dark'})
    const [bright, dark] = [await background(light.page), await background(page)]
    expect(bright).not.toBe(dark)
    await page.getByRole('button', {name: 'Switch to light'}).click()
    expect(await background(page)).toBe(bright)
    await page.reload()
    expect(await background(page)).toBe(bright)
    expect(await page.getByRole('button', {name: 'Switch to dark'}).isVisible()).toBe(true)
  })
})

describe('accessibility', () => {
  const looks = (['light', 'dark'] as const).flatMap((colorScheme) =>
    [390, 1280].map((width) => [colorScheme, width] as const),
  )

  test.each(looks)('axe finds nothing in %s at %d pixels', async (colorScheme, width) => {
    const {page} = await visit(pageOf(sixty), {colorScheme, viewport: {width, height: 900}})
    await page.evaluate(() => {
      document.documentElement.classList.remove('large')
      for (const each of document.querySelectorAll('details')) each.open = true
    })
    await page.evaluate(AXE)
    const {violations, passes} = await page.evaluate<AxeResults>('axe.run()')
    expect(
      violations.map(({id, impact, nodes}) => ({id, impact, first: nodes[0]?.html, why: nodes[0]?.failureSummary})),
    ).toEqual([])
    expect(passes.map(({id}) => id)).toContain('color-contrast')
  })
})

describe('layout', () => {
  test.each([
    [390, false],
    [1280, false],
    [390, true],
    [1280, true],
  ])('at %d pixels the page does not scroll sideways (hostile names: %s)', async (width, hostile) => {
    const {page} = await visit(pageOf(auditFixture({agents: 60, hostile})), {viewport: {width, height: 844}})
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    const wide = await page.evaluate(() =>
      [...document.querySelectorAll('main *:not(.scroller *, svg *), .head *')]
        .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5 && !each.closest('.unseen'))
        .map((each) => each.outerHTML.slice(0, 80)),
    )
    expect(wide).toEqual([])
  })

  test('on a phone each agent is a card whose chips name their scope', async () => {
    const {page} = await visit(pageOf(sixty), {viewport: {width: 390, height: 844}})
    const missing = page.locator('.grid td.missing').first()
    expect(await missing.evaluate((each) => getComputedStyle(each, '::after').content)).toBe('" read:issue"')
    expect(await missing.textContent()).toBe('missing')
    expect((await missing.locator('span').boundingBox())?.width).toBeGreaterThan(40)
    expect(await page.locator('.grid td.absent:visible').count()).toBe(0)
  })

  test('the heading row stays in sight when the grid scrolls', async () => {
    const {page} = await visit(pageOf(sixty))
    const top = () => page.locator('.grid thead').evaluate((each) => each.getBoundingClientRect().top)
    const before = await top()
    const moved = await page
      .locator('.scroller')
      .first()
      .evaluate((each) => {
        each.scrollTop = 600
        return each.scrollTop
      })
    expect(moved).toBe(600)
    expect(await top()).toBe(before)
  })

  test('on paper everything is there and the controls are not', async () => {
    const {page} = await visit(pageOf(sixty), {colorScheme: 'dark'})
    await page.emulateMedia({media: 'print'})
    await page.setViewportSize({width: 718, height: 1000})
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(718)
    expect(await page.locator('.grid thead').isVisible()).toBe(true)
    expect(await page.locator('button:visible, search:visible, nav:visible').count()).toBe(0)
    const clipped = await page.evaluate(
      () =>
        [...document.querySelectorAll('.scroller')].filter((each) => each.scrollHeight > each.clientHeight + 1).length,
    )
    expect(clipped).toBe(0)
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('light')
  })
})

test('without scripting all findings can be read, and nothing shows that would not work', async () => {
  const {page} = await visit(pageOf(sixty), {javaScriptEnabled: false})
  const {summary} = sixty
  expect(await page.locator('#findings li:visible').count()).toBe(
    Object.values(summary.findings).reduce((sum, each) => sum + each, 0) + summary.accepted,
  )
  expect(await page.locator('button:visible, input:visible, select:visible').count()).toBe(0)
})

describe('two thousand agents', () => {
  test('only what is near the screen is laid out, and a row costs no more than in a small fleet', async () => {
    const [small, large] = [pageOf(auditFixture({agents: 200})), pageOf(auditFixture({agents: 2000}))]
    expect(large.length).toBeLessThan(small.length * 10)
    const {page} = await visit(large)
    const rows = await page.evaluate(() => {
      const all = [...document.querySelectorAll('[data-item=agent] td.state b')]
      return {
        all: all.length,
        laidOut: all.filter((each) => each.checkVisibility({contentVisibilityAuto: true})).length,
      }
    })
    expect(rows.all).toBe(2000)
    expect(rows.laidOut).toBeGreaterThan(5)
    expect(rows.laidOut).toBeLessThan(200)
    const last = page.locator('[data-item=agent] td.state b').last()
    await last.scrollIntoViewIfNeeded()
    await expect.poll(() => last.evaluate((each) => each.checkVisibility({contentVisibilityAuto: true}))).toBe(true)
    await page.getByRole('searchbox').fill('"fjord-333"')
    expect(await shownAgents(page)).toEqual(['fjord-333'])
  })
})
