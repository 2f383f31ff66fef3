export type Colour = readonly [red: number, green: number, blue: number]

const NAMES: Record<string, Colour> = {
  white: [255, 255, 255],
  black: [0, 0, 0],
  snow: [255, 250, 250],
  ivory: [255, 255, 240],
  ghostwhite: [248, 248, 255],
  whitesmoke: [245, 245, 245],
  gray: [128, 128, 128],
  grey: [128, 128, 128],
  red: [255, 0, 0],
  blue: [0, 0, 255],
  navy: [0, 0, 128],
  green: [0, 128, 0],
  yellow: [255, 255, 0],
}

/** A colour as CSS and HTML write it, the first one of a `background`; undefined when none is named. */
export function readColour(text: string): Colour | 'transparent' | undefined {
  const value = text.trim().toLowerCase()
  const hex = /#([0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})(?![0-9a-f])/.exec(value)?.[1]
  if (hex !== undefined) return readHex(hex)
  const numbers = /rgba?\(([^)]*)\)/
    .exec(value)?.[1]
    ?.split(/[\s,/]+/)
    .filter(Boolean)
    .map(Number.parseFloat)
  if (numbers) return (numbers[3] ?? 1) < 0.1 ? 'transparent' : [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 0]
  const word = value.split(/\s+/)[0] ?? ''
  return word === 'transparent' ? 'transparent' : NAMES[word]
}

/** How far two colours are apart, 1 for equal ones, 21 at most (WCAG 2.2, relative luminance). */
export function contrast(one: Colour, other: Colour): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)
}

function readHex(hex: string): Colour | 'transparent' {
  const full =
    hex.length < 5
      ? Array.from(hex)
          .map((digit) => digit + digit)
          .join('')
      : hex
  const channel = (index: number) => Number.parseInt(full.slice(index * 2, index * 2 + 2), 16)
  return full.length === 8 && channel(3) < 26 ? 'transparent' : [channel(0), channel(1), channel(2)]
}

function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = colour.map((channel) => {
    const part = channel / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
