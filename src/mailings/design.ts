import { type Colour, contrast, readColour } from './colour.ts'

const DARK_CARD = '#1c2521'
const DARK_GROUND = '#121815'
export const INK = '#1d2621'

export const fonts = {
  sans: "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif",
  serif: "Georgia,'Times New Roman',Times,serif",
}

/** A colour, moved towards black or white until it stands out 4.5:1 from its ground (WCAG 2.2, 1.4.3). */
export function readableOn(colour: string, ground: string): string {
  const under = known(ground)
  const target = contrast([255, 255, 255], under) > contrast([0, 0, 0], under) ? 255 : 0
  let [red, green, blue] = known(colour)
  for (let step = 0; step < 20 && contrast([red, green, blue], under) < 4.6; step++) {
    red += (target - red) * 0.15
    green += (target - green) * 0.15
    blue += (target - blue) * 0.15
  }
  return `#${[red, green, blue].map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`
}

/** Black or white, whichever is read more easily on a ground. */
export const wordsOn = (ground: string) =>
  contrast([255, 255, 255], known(ground)) >= contrast([0, 0, 0], known(ground)) ? '#ffffff' : '#000000'

/** The look in programs that show mail in the dark; a footer's own colours give way there. */
export function darkStyle(accent: string): string {
  const link = readableOn(accent, DARK_CARD)
  return `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
body,.lw-ground,.lw-ground>div{background:${DARK_GROUND}!important}
.lw-card,.lw-card>table{background:${DARK_CARD}!important}
.lw-text>div,.lw-text p,.lw-text li,.lw-text h1,.lw-text h2,.lw-text h3,.lw-text h4{color:#e6ece8!important}
.lw-text a,.lw-quiet a{color:${link}!important}
.lw-quiet td,.lw-quiet a{background:transparent!important}
.lw-quiet td{border-color:${link}!important}
.lw-line p{border-top-color:#45524b!important}
.lw-footer{background:#161d19!important;color:#c3cdc7!important;border-top-color:#3a4640!important}
.lw-footer a{color:${readableOn(accent, '#161d19')}!important}
}`
}

function known(text: string): Colour {
  const colour = readColour(text)
  return colour && colour !== 'transparent' ? colour : [0, 0, 0]
}
