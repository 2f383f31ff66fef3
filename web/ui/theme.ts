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
  createTheme,
  Input,
  Kbd,
  Loader,
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
import { active, brand, dark, errored, gray, optOut, red } from './palette.ts'

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
