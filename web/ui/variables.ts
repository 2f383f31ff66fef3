import type { CSSVariablesResolver } from '@mantine/core'

/** Pass to MantineProvider. Mends Mantine's weak defaults and gives the names that app.css uses. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: { '--lw-control': '2rem', '--input-height-sm': '2rem' },
  light: {
    '--mantine-color-error': 'var(--mantine-color-red-7)',
    '--mantine-color-success': 'var(--mantine-color-active-7)',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-6)',
    '--mantine-color-dimmed': 'var(--mantine-color-gray-6)',
    '--mantine-color-default-border': 'var(--mantine-color-gray-3)',
    '--mantine-color-disabled-color': 'var(--mantine-color-gray-6)',
    '--lw-canvas': '#ffffff',
    '--lw-sunken': 'var(--mantine-color-gray-0)',
    '--lw-raised': '#ffffff',
    '--lw-hover': 'var(--mantine-color-gray-1)',
    '--lw-line': 'var(--mantine-color-gray-2)',
    '--lw-line-strong': 'var(--mantine-color-gray-3)',
    '--lw-input-line': 'var(--mantine-color-gray-5)',
    '--lw-chart-1': 'var(--mantine-color-brand-5)',
    '--lw-chart-2': 'var(--mantine-color-brand-8)',
    '--lw-selected': '#eff8fa',
    '--lw-focus': 'var(--mantine-color-brand-6)',
    '--lw-bar': 'var(--mantine-color-gray-9)',
    '--lw-bar-text': '#ffffff',
    '--lw-bar-line': '#4a4e50',
    ...tints('light'),
    ...textOnLight(7),
  },
  dark: {
    '--mantine-color-error': 'var(--mantine-color-red-4)',
    '--mantine-color-success': 'var(--mantine-color-active-4)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-2)',
    '--mantine-color-dimmed': 'var(--mantine-color-dark-2)',
    '--mantine-color-default-border': 'var(--mantine-color-dark-4)',
    '--mantine-color-disabled-color': 'var(--mantine-color-dark-2)',
    '--lw-canvas': 'var(--mantine-color-dark-7)',
    '--lw-sunken': 'var(--mantine-color-dark-8)',
    '--lw-raised': 'var(--mantine-color-dark-6)',
    '--lw-hover': 'var(--mantine-color-dark-6)',
    '--lw-line': 'var(--mantine-color-dark-5)',
    '--lw-line-strong': 'var(--mantine-color-dark-4)',
    '--lw-input-line': '#6f777b',
    '--lw-chart-1': 'var(--mantine-color-brand-5)',
    '--lw-chart-2': 'var(--mantine-color-brand-2)',
    '--lw-selected': '#0f2a30',
    '--lw-focus': 'var(--mantine-color-brand-4)',
    '--lw-bar': 'var(--mantine-color-dark-5)',
    '--lw-bar-text': '#ffffff',
    '--lw-bar-line': '#596166',
    ...tints('dark'),
    ...textOnLight(3),
  },
})

/** Text of the variants "light" and "subtle": livelier than Mantine's darkest step and still 6:1. */
function textOnLight(step: 3 | 7) {
  return Object.fromEntries(
    ['brand', 'active', 'errored', 'optOut', 'red'].map((name) => [
      `--mantine-color-${name}-light-color`,
      `var(--mantine-color-${name}-${step})`,
    ]),
  )
}

/** Background, line and text of the quiet coloured surfaces: badges, banners, check rows. */
function tints(scheme: 'light' | 'dark') {
  const deep = {
    active: ['#10291b', '#1d4a31'],
    errored: ['#2e1f0f', '#573a18'],
    optOut: ['#2b1a2e', '#553059'],
    red: ['#331619', '#6b2a2f'],
    brand: ['#0c272d', '#12505d'],
    gray: ['#22282b', '#3b4246'],
  }
  return Object.fromEntries(
    Object.entries(deep).flatMap(([name, [bg, line]]) =>
      scheme === 'light'
        ? [
            [`--lw-${name}-bg`, `var(--mantine-color-${name}-0)`],
            [`--lw-${name}-line`, `var(--mantine-color-${name}-2)`],
            [`--lw-${name}-fg`, `var(--mantine-color-${name}-7)`],
          ]
        : [
            [`--lw-${name}-bg`, bg!],
            [`--lw-${name}-line`, line!],
            [`--lw-${name}-fg`, `var(--mantine-color-${name === 'gray' ? 'dark-1' : `${name}-3`})`],
          ],
    ),
  )
}
