// Last Word's look: colours, type, space and component defaults for Mantine 9.7.3.
// Every pair of colours used for text below was checked at 4.5:1 or better, light and dark.
import {
  ActionIcon,
  Alert,
  Anchor,
  Badge,
  Button,
  Card,
  Checkbox,
  type CSSVariablesResolver,
  createTheme,
  Input,
  Kbd,
  Loader,
  type MantineColorsTuple,
  Menu,
  Modal,
  Notification,
  Paper,
  Pill,
  Progress,
  Radio,
  Select,
  Skeleton,
  Stepper,
  Switch,
  Table,
  Tabs,
  Textarea,
  TextInput,
  Tooltip,
} from '@mantine/core'

// Steps 0 to 2 backgrounds and lines, 3 to 5 marks in charts, 6 filled controls and links, 7 to 9 text on tints.
const brand: MantineColorsTuple = [
  '#edfbfe',
  '#ddf4fa',
  '#bbe7f2',
  '#8fd4e5',
  '#5ab8ce',
  '#1e99b1',
  '#00778c',
  '#026172',
  '#024c5a',
  '#003843',
]
const active: MantineColorsTuple = [
  '#effcf3',
  '#e0f6e7',
  '#c1eacf',
  '#98d9b0',
  '#69be8b',
  '#3b9f68',
  '#087f4a',
  '#00683b',
  '#02522e',
  '#003d20',
]
const errored: MantineColorsTuple = [
  '#fff6ef',
  '#ffebdb',
  '#fad6b9',
  '#f1bb8c',
  '#dc995b',
  '#be762c',
  '#9b5700',
  '#7f4700',
  '#643701',
  '#4b2700',
]
const optOut: MantineColorsTuple = [
  '#fdf4fe',
  '#fae9fc',
  '#f1d2f6',
  '#e4b4eb',
  '#cc90d5',
  '#ad6db7',
  '#8c4e96',
  '#763b7f',
  '#5e2c66',
  '#461f4c',
]
const red: MantineColorsTuple = [
  '#fef5f5',
  '#ffeae8',
  '#fed2ce',
  '#ffb0aa',
  '#ff7b76',
  '#e15151',
  '#bc2c32',
  '#a01522',
  '#820415',
  '#63010d',
]
const gray: MantineColorsTuple = [
  '#f7f9fa',
  '#eff3f4',
  '#e4e8ea',
  '#d5dadc',
  '#b7bbbd',
  '#878d90',
  '#5f6567',
  '#4a4e50',
  '#2d3132',
  '#15191a',
]
const dark: MantineColorsTuple = [
  '#e3e9eb',
  '#c8cfd2',
  '#a4abad',
  '#858c8f',
  '#3b4246',
  '#2d3337',
  '#22282b',
  '#171c1f',
  '#111517',
  '#0a0e10',
]

/** What a status looks like everywhere: never the colour alone, always icon (see StatusBadge) and word. */
export const statusColor = { Active: 'active', Error: 'errored', 'Opt-Out': 'optOut' } as const

/** Series colours for charts by meaning: 3:1 on both schemes. The second line of a pair is dashed as well. */
export const chartColors = {
  first: 'var(--lw-chart-1)',
  second: 'var(--lw-chart-2)',
  active: 'active.5',
  bounced: 'errored.5',
  optedOut: 'optOut.5',
  complained: 'red.5',
  leftAlone: 'gray.4',
} as const

export const theme = createTheme({
  primaryColor: 'brand',
  primaryShade: { light: 6, dark: 6 },
  colors: { brand, active, errored, optOut, red, gray, dark },
  white: '#ffffff',
  black: '#15191a',
  fontFamily:
    'Inter, -apple-system, BlinkMacSystemFont, "Segoe UI Variable Text", "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "SF Mono", "Cascadia Mono", "Segoe UI Mono", "Roboto Mono", "Liberation Mono", Menlo, Consolas, monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  lineHeights: { xs: '1.35', sm: '1.45', md: '1.5', lg: '1.5', xl: '1.45' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.375rem', lineHeight: '1.75rem' },
      h2: { fontSize: '1rem', lineHeight: '1.5rem' },
      h3: { fontSize: '0.875rem', lineHeight: '1.25rem' },
      h4: { fontSize: '0.8125rem', lineHeight: '1.25rem' },
    },
  },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2rem' },
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '16px' },
  defaultRadius: 'sm',
  shadows: {
    xs: '0 1px 2px rgb(10 20 25 / 6%)',
    sm: '0 1px 2px rgb(10 20 25 / 6%), 0 2px 6px rgb(10 20 25 / 5%)',
    md: '0 2px 4px rgb(10 20 25 / 6%), 0 8px 24px rgb(10 20 25 / 12%)',
    lg: '0 4px 8px rgb(10 20 25 / 8%), 0 16px 40px rgb(10 20 25 / 16%)',
  },
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray', size: 'lg' } }),
    Alert: Alert.extend({ defaultProps: { variant: 'light', radius: 'md' } }),
    // Links inside sentences need more than colour. Links that fill a table cell may pass underline="hover".
    Anchor: Anchor.extend({ defaultProps: { underline: 'always' } }),
    Badge: Badge.extend({
      defaultProps: { variant: 'light', radius: 'xs', size: 'md' },
      styles: { root: { textTransform: 'none', fontWeight: 500, fontSize: '0.75rem', letterSpacing: 0 } },
    }),
    Button: Button.extend({
      defaultProps: { size: 'sm' },
      vars: (_theme, props) => ({
        root:
          props.size === undefined || props.size === 'sm'
            ? { '--button-height': 'var(--lw-control)', '--button-padding-x': '0.75rem', '--button-fz': '0.8125rem' }
            : {},
      }),
      styles: { root: { fontWeight: 500 } },
    }),
    Card: Card.extend({ defaultProps: { withBorder: true, radius: 'md', padding: 'md' } }),
    Checkbox: Checkbox.extend({ defaultProps: { size: 'xs', radius: 'xs' } }),
    Input: Input.extend({ defaultProps: { size: 'sm' } }),
    InputWrapper: Input.Wrapper.extend({
      defaultProps: { size: 'sm' },
      styles: { label: { fontWeight: 500, marginBottom: 4 }, description: { marginBottom: 4 } },
    }),
    Kbd: Kbd.extend({ defaultProps: { size: 'xs' } }),
    Loader: Loader.extend({ defaultProps: { size: 'sm', type: 'oval' } }),
    Menu: Menu.extend({
      defaultProps: {
        shadow: 'md',
        radius: 'md',
        width: 232,
        position: 'bottom-end',
        offset: 4,
        withInitialFocusPlaceholder: false,
      },
    }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        radius: 'lg',
        size: 460,
        padding: 'lg',
        shadow: 'lg',
        closeButtonProps: { 'aria-label': 'Close' },
        overlayProps: { backgroundOpacity: 0.4 },
        transitionProps: { duration: 120 },
      },
      styles: { title: { fontSize: '1rem', fontWeight: 600, lineHeight: '1.5rem' } },
    }),
    // Mantine's default close button has no accessible name.
    Notification: Notification.extend({
      defaultProps: { radius: 'md', withBorder: true, closeButtonProps: { 'aria-label': 'Dismiss notification' } },
    }),
    Paper: Paper.extend({ defaultProps: { radius: 'md' } }),
    Pill: Pill.extend({ defaultProps: { radius: 'xs' } }),
    Progress: Progress.extend({ defaultProps: { radius: 'xl', size: 'md' } }),
    Radio: Radio.extend({ defaultProps: { size: 'sm' } }),
    Select: Select.extend({
      defaultProps: {
        size: 'sm',
        allowDeselect: false,
        comboboxProps: { shadow: 'md', radius: 'md', keepMounted: false },
      },
    }),
    Skeleton: Skeleton.extend({ defaultProps: { radius: 'sm' } }),
    Stepper: Stepper.extend({ defaultProps: { size: 'xs', iconSize: 26 } }),
    Switch: Switch.extend({ defaultProps: { size: 'sm' } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 8, horizontalSpacing: 'sm', highlightOnHover: true } }),
    Tabs: Tabs.extend({ defaultProps: { keepMounted: false } }),
    Textarea: Textarea.extend({ defaultProps: { size: 'sm' } }),
    TextInput: TextInput.extend({ defaultProps: { size: 'sm' } }),
    Tooltip: Tooltip.extend({
      defaultProps: {
        withArrow: false,
        openDelay: 300,
        radius: 'sm',
        events: { hover: true, focus: true, touch: true },
      },
    }),
  },
})

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
