import { type CSSVariablesResolver, createTheme } from '@mantine/core';

/** Contrast as WCAG 2.2 AA asks for, in both colour schemes. */
export const theme = createTheme({
  autoContrast: true,
  primaryShade: { light: 8, dark: 8 },
  primaryColor: 'indigo',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  respectReducedMotion: true,
  components: {
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' }, position: 'right', size: 'xl' } },
    // Its first item takes the focus: an element in between is nothing that a menu may have.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Modal: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' }, size: 'lg' } },
    Alert: { styles: { title: { color: 'var(--mantine-color-text)' } } },
    Anchor: { defaultProps: { underline: 'always' } },
  },
});

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#5c636a', '--mantine-color-error': '#b42318', '--mantine-color-placeholder': '#5c636a' },
  dark: { '--mantine-color-dimmed': '#a6a7ab', '--mantine-color-error': '#ff8787', '--mantine-color-placeholder': '#a6a7ab' },
});
