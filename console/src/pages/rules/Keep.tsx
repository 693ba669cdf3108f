import { Code, Text } from "@mantine/core";

/** Why nothing can be kept here, and what would help. */
export const NoFolder = () => (
  <Text size="sm" className="quiet">
    This server has no folder of local rules, so none can be kept or tuned here: begin it with{" "}
    <Code>--local DIR</Code>, or let one process do all, which has one of its own.
  </Text>
);
