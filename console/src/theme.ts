/** Colours, type and density. Severities and sources have their colours here and nowhere else. */
import { createTheme, type MantineColorsTuple } from "@mantine/core";

const slate: MantineColorsTuple = [
  "#e6e9ef",
  "#c3c9d4",
  "#9aa4b5",
  "#7c8799",
  "#3d4757",
  "#2c3441",
  "#212833",
  "#171c24",
  "#12161d",
  "#0d1015",
];

const blue: MantineColorsTuple = [
  "#edf2ff",
  "#dbe4ff",
  "#bac8ff",
  "#91a7ff",
  "#748ffc",
  "#5c7cfa",
  "#4c6ef5",
  "#4263eb",
  "#3b5bdb",
  "#364fc7",
];

export const theme = createTheme({
  primaryColor: "blue",
  primaryShade: { light: 8, dark: 7 },
  colors: { dark: slate, blue },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  fontSizes: { xs: "0.72rem", sm: "0.8rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.25rem", lineHeight: "1.3" },
      h2: { fontSize: "1rem", lineHeight: "1.4" },
      h3: { fontSize: "0.875rem", lineHeight: "1.4" },
    },
  },
  defaultRadius: "sm",
  autoContrast: true,
  luminanceThreshold: 0.4,
  cursorType: "pointer",
  components: {
    Button: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    TextInput: { defaultProps: { size: "xs" } },
    Textarea: { defaultProps: { size: "xs" } },
    Select: { defaultProps: { size: "xs" } },
    PasswordInput: { defaultProps: { size: "sm" } },
    NumberInput: { defaultProps: { size: "xs" } },
    SegmentedControl: { defaultProps: { size: "xs" } },
    Switch: { defaultProps: { size: "xs" } },
    Checkbox: { defaultProps: { size: "xs" } },
    Badge: {
      defaultProps: { size: "sm", variant: "light", radius: "sm" },
      styles: { label: { color: "var(--mantine-color-text)" } }, // its own is too pale on white
    },
    Table: { defaultProps: { verticalSpacing: 4, horizontalSpacing: "sm", fz: "sm" } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true, multiline: true, maw: 420 } },
    Modal: {
      defaultProps: {
        lockScroll: false,
        centered: true,
        closeButtonProps: { "aria-label": "Close" },
      },
    },
    Drawer: { defaultProps: { lockScroll: false } },
  },
});
