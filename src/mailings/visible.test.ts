import { expect, test } from 'vitest'
import { contrast, readColour } from './colour.ts'
import { htmlFooter } from './footer.ts'
import { readVisible } from './visible.ts'
import { missingIn } from './wayout.ts'

const URLS = { optOutUrl: 'https://x.example/o/abc', preferencesUrl: 'https://x.example/p/abc' }
const POSTAL = '4 Glasshouse Lane, Fernmoor FM1 2GH'
const rest = `<a href="${URLS.preferencesUrl}">Manage your preferences</a><p>4 Glasshouse Lane<br>Fernmoor FM1 2GH</p>`
const text = `Opt out: ${URLS.optOutUrl}\nPreferences: ${URLS.preferencesUrl}\n${POSTAL}`
const link = `<a href="${URLS.optOutUrl}">Opt out</a>`
const lacks = (html: string) =>
  missingIn({ html: html + rest, text }, URLS, POSTAL).map(({ part, what }) => `${part} ${what}`)

const HIDDEN = [
  ['in a comment', `<!-- ${link} -->`],
  ['in an unclosed comment', `<!-- ${link}`],
  ['in a conditional comment', `<!--[if mso]>${link}<![endif]-->`],
  ['display none', `<div style="display:none">${link}</div>`],
  ['display none on the link', `<a style="DISPLAY : none !important" href="${URLS.optOutUrl}">Opt out</a>`],
  ['display none by class', `<style>.x{display:none}</style><div class="a x">${link}</div>`],
  [
    'display none by class in a comment’s shadow',
    `<style>/* a */ p .y , .x { color:red; display:none }</style><div class="x">${link}</div>`,
  ],
  ['display none on screens', `<style>@media screen{a{display:none}}</style>${link}`],
  ['display none by id', `<style>#w{visibility:hidden}</style><p id="w">${link}</p>`],
  ['visibility hidden', `<p style="visibility:hidden">${link}</p>`],
  ['opacity 0', `<p style="opacity:0">${link}</p>`],
  ['opacity nearly 0', `<p style="opacity:.01">${link}</p>`],
  ['font size 0', `<p style="font-size:0">${link}</p>`],
  ['font size 1px', `<p style="font-size:1px">${link}</p>`],
  ['font size 1%', `<p style="font-size:1%">${link}</p>`],
  ['zero height', `<div style="height:0;overflow:hidden">${link}</div>`],
  ['zero max-height', `<div style="max-height:0px;overflow:hidden">${link}</div>`],
  ['one pixel', `<div style="width:1px;height:1px;overflow:hidden">${link}</div>`],
  ['zero width attribute', `<table><tr><td width="0">${link}</td></tr></table>`],
  ['hidden attribute', `<div hidden>${link}</div>`],
  ['aria-hidden', `<div aria-hidden="true">${link}</div>`],
  ['white on white', `<a style="color:#fff" href="${URLS.optOutUrl}">Opt out</a>`],
  [
    'white on the white of the page',
    `<div style="color:white">${link.replace('<a', '<a style="color:rgb(255, 255, 254)"')}</div>`,
  ],
  [
    'background of a cell',
    `<table><tr><td bgcolor="#123456"><a style="color:#123457" href="${URLS.optOutUrl}">Opt out</a></td></tr></table>`,
  ],
  ['transparent', `<a style="color:transparent" href="${URLS.optOutUrl}">Opt out</a>`],
  ['font colour', `<a href="${URLS.optOutUrl}"><font color="#ffffff">Opt out</font></a>`],
  ['off the page', `<div style="position:absolute;left:-9999px">${link}</div>`],
  ['text indent', `<p style="text-indent:-5000px">${link}</p>`],
  ['clipped', `<p style="position:absolute;clip:rect(0,0,0,0)">${link}</p>`],
  ['scaled to nothing', `<p style="transform:scale(0)">${link}</p>`],
  ['in a template', `<template>${link}</template>`],
  ['in a script', `<script>${link}</script>`],
  ['in the head’s title', `<title>${link}</title>`],
  ['in noscript', `<noscript>${link}</noscript>`],
  ['without words', `<a href="${URLS.optOutUrl}"></a>`],
  ['with blanks for words', `<a href="${URLS.optOutUrl}">&nbsp;&#8203; </a>`],
  ['with a dot for words', `<a href="${URLS.optOutUrl}">.</a>`],
  ['with hidden words', `<a href="${URLS.optOutUrl}"><span style="display:none">Opt out</span></a>`],
  ['with an image that says nothing', `<a href="${URLS.optOutUrl}"><img src="x.png" alt=""></a>`],
  ['elsewhere', `<a href="https://evil.example/?u=${URLS.optOutUrl}">Opt out</a>`],
  ['another person’s', `<a href="${URLS.optOutUrl}d">Opt out</a>`],
  ['as text alone', URLS.optOutUrl],
  ['in an attribute', `<p title='${link}'>Opt out</p>`],
  ['as a button', `<button formaction="${URLS.optOutUrl}">Opt out</button>`],
]

test.each(HIDDEN)('a way out %s is none (OC-28)', (_, html) => {
  expect(lacks(html)).toContain('html opt_out')
})

const VISIBLE = [
  ['plain', link],
  ['as an image with words', `<a href="${URLS.optOutUrl}"><img src="x.png" alt="Opt out"></a>`],
  ['with entities', link.replace('https://x', 'https&#58;//x')],
  ['white on dark', `<div style="background:#123"><a style="color:#fff" href="${URLS.optOutUrl}">Opt out</a></div>`],
  [
    'in a cell without gaps',
    `<table><tr><td style="font-size:0"><span style="font-size:14px">${link}</span></td></tr></table>`,
  ],
  ['beside a hidden preheader', `<div style="display:none;max-height:0">Preheader</div>${link}`],
  [
    'with rules for phones alone',
    `<style>@media (max-width:600px){.x{display:none}} .y{display:none}</style><p class="x">${link}</p>`,
  ],
  ['with a fragment', `<a href="${URLS.optOutUrl}#now">Opt out</a>`],
  ['in Arabic', `<a href="${URLS.optOutUrl}">إلغاء الاشتراك</a>`],
]

test.each(VISIBLE)('a way out %s is one', (_, html) => {
  expect(lacks(html)).toEqual([])
})

test('the text part needs its own way out, preferences and postal address (OC-28, LW-4)', () => {
  const html = link + rest
  const in_text = (part: string) => missingIn({ html, text: part }, URLS, POSTAL).map(({ what }) => what)
  expect(in_text('Hello')).toEqual(['opt_out', 'preferences', 'postal_address'])
  expect(in_text(`Opt out: ${URLS.optOutUrl}x ${URLS.preferencesUrl}, ${POSTAL}`)).toEqual(['opt_out'])
  expect(in_text(`(${URLS.optOutUrl}) <${URLS.preferencesUrl}> 4 Glasshouse\nLane, Fernmoor FM1 2GH`)).toEqual([])
})

test('hostile HTML is read in time (SE-13)', () => {
  for (const html of [
    '<div>'.repeat(50_000),
    '<'.repeat(500_000),
    '<!--'.repeat(100_000),
    `<style>${'a{'.repeat(100_000)}</style>`,
    `<style>${'/*'.repeat(200_000)}`,
    `<p style="${'/*'.repeat(100_000)}">`,
    `<style>${'x'.repeat(500_000)}</style>`,
    `<style>${'@media print{'.repeat(50_000)}`,
  ]) {
    const began = performance.now()
    if (html.startsWith('<div>')) expect(() => readVisible(html)).toThrow('within more than 300 elements')
    else readVisible(html)
    expect(performance.now() - began).toBeLessThan(3000)
  }
})

test('colours are compared as the eye does', () => {
  const [white, black] = [readColour('#fff'), readColour('rgb(0 0 0)')]
  if (!white || !black || white === 'transparent' || black === 'transparent') throw new Error('not read')
  expect(contrast(white, black)).toBeCloseTo(21)
  expect(readColour('rgba(1,2,3,0)')).toBe('transparent')
  expect(readColour('#12345600')).toBe('transparent')
  expect(readColour('var(--x)')).toBeUndefined()
})

test('the footer’s words and links stand out from their ground, 4.5:1 and more (WCAG 2.2 1.4.3)', () => {
  const footer = htmlFooter({ language: 'en', signUpUrl: 'https://x.example/s/1' })
  const ground = readColour(/background-color:(#[0-9a-f]{6})/.exec(footer)?.[1] ?? '')
  const inks = [...footer.matchAll(/[;"]color:(#[0-9a-f]{6})/g)].map(([, ink = '']) => readColour(ink))
  expect(inks.length).toBe(5)
  for (const ink of inks) {
    if (!ink || !ground || ink === 'transparent' || ground === 'transparent') throw new Error('not read')
    expect(contrast(ink, ground)).toBeGreaterThan(4.5)
  }
})
