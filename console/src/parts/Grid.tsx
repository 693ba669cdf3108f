/** A dense table of any length: only the rows in sight are drawn; keys move, choose and open. */
import { Checkbox } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef } from "react";
import { useKeys } from "@/shell/keys";
import classes from "./Grid.module.css";

export interface Column<Row> {
  name: string;
  width: string; // of a CSS grid: "7rem", "minmax(8rem, 2fr)"
  right?: boolean;
  sort?: { by: string; order: "ascending" | "descending" | "none"; ask: () => void };
  cell: (row: Row) => ReactNode;
}

interface Chosen {
  is: (id: string) => boolean;
  toggle: (id: string) => void;
  toggleTo?: (index: number) => void; // all between the last one and this one
}

interface Props<Row> {
  label: string; // for those who hear the page
  rows: Row[];
  columns: Column<Row>[];
  idOf: (row: Row) => string;
  total?: number; // if more rows are known than loaded
  at: number; // the row that keys are on
  move: (index: number) => void;
  open?: (row: Row) => void;
  chosen?: Chosen;
  more?: () => void; // load what follows
  height?: string;
  least?: string; // width below which it scrolls sideways
  empty?: ReactNode;
}

const ROW = 28; // px
const AHEAD = 20; // rows before the end at which the next page is asked for

export function Grid<Row>(props: Props<Row>) {
  const { rows, columns, chosen, at, more } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  const next = useRef(more);
  useEffect(() => {
    next.current = more;
  });
  useEffect(() => {
    // Only where the rows or what is in sight changed: a page that failed is not asked for at once.
    if (last >= rows.length - AHEAD) next.current?.();
  }, [last, rows.length]);
  const shown = useRef(0);
  useEffect(() => {
    if (at === shown.current || at < 0 || at >= rows.length) return;
    shown.current = at; // only where the keys went: a page that loads moves nothing
    virtual.scrollToIndex(at, { align: "auto" });
  }, [at, rows.length, virtual]);
  useGridKeys(props);
  const template = `${chosen ? "30px " : ""}${columns.map((column) => column.width).join(" ")}`;
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      style={{ height: props.height ?? "100%" }}
      role="grid"
      aria-label={props.label}
      aria-rowcount={(props.total ?? rows.length) + 1}
      aria-multiselectable={chosen ? true : undefined}
      aria-activedescendant={
        items.some((item) => item.index === at) ? rowId(props.label, at) : undefined
      }
      tabIndex={0}
    >
      <Head
        columns={columns}
        template={template}
        choosing={chosen !== undefined}
        least={props.least}
      />
      <div
        className={classes.body}
        style={{ height: virtual.getTotalSize(), minWidth: props.least }}
        role="rowgroup"
      >
        {items.map((item) => {
          const row = rows[item.index] as Row;
          return (
            <GridRow
              key={props.idOf(row)}
              {...props}
              row={row}
              index={item.index}
              top={item.start}
              template={template}
            />
          );
        })}
      </div>
      {rows.length === 0 && props.empty}
    </div>
  );
}

const rowId = (label: string, index: number): string => `${label.replaceAll(" ", "-")}-${index}`;

interface HeadProps<Row> {
  columns: Column<Row>[];
  template: string;
  choosing: boolean;
  least?: string;
}

function Head<Row>({ columns, template, choosing, least }: HeadProps<Row>) {
  return (
    <div role="rowgroup" className={classes.head} style={{ minWidth: least }}>
      <div
        role="row"
        tabIndex={-1}
        aria-rowindex={1}
        className={classes.row}
        style={{ gridTemplateColumns: template }}
      >
        {choosing && (
          <span role="columnheader" tabIndex={-1}>
            <span className="hidden-visually">chosen</span>
          </span>
        )}
        {columns.map((column) => (
          <span
            key={column.name}
            role="columnheader"
            tabIndex={-1}
            aria-sort={column.sort?.order}
            className={column.right ? classes.right : undefined}
          >
            {column.sort ? (
              <button type="button" className={classes.sort} onClick={column.sort.ask}>
                {column.name}
                {{ ascending: " ↑", descending: " ↓", none: "" }[column.sort.order]}
              </button>
            ) : (
              column.name
            )}
          </span>
        ))}
      </div>
    </div>
  );
}

interface RowProps<Row> extends Props<Row> {
  row: Row;
  index: number;
  top: number;
  template: string;
}

function GridRow<Row>(props: RowProps<Row>) {
  const { row, index, columns, chosen, at, idOf, move, open } = props;
  const id = idOf(row);
  const picked = chosen?.is(id) ?? false;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys go by the grid, see useGridKeys
    <div
      id={rowId(props.label, index)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={chosen ? picked : index === at}
      data-at={index === at || undefined}
      data-picked={picked || undefined}
      data-id={id}
      tabIndex={-1}
      className={classes.row}
      style={{ gridTemplateColumns: props.template, transform: `translateY(${props.top}px)` }}
      onClick={() => {
        move(index);
        open?.(row);
      }}
    >
      {chosen && (
        <span role="gridcell" tabIndex={-1}>
          <Checkbox
            aria-label="choose"
            checked={picked}
            tabIndex={-1}
            onChange={() => chosen.toggle(id)}
            onClick={(event) => event.stopPropagation()}
          />
        </span>
      )}
      {columns.map((column) => (
        <span
          key={column.name}
          role="gridcell"
          tabIndex={-1}
          className={`one-line ${column.right ? classes.right : ""}`}
        >
          {column.cell(row)}
        </span>
      ))}
    </div>
  );
}

function useGridKeys<Row>({ label, rows, at, move, open, chosen, idOf }: Props<Row>): void {
  const to = (index: number) => move(Math.max(0, Math.min(rows.length - 1, index)));
  const here = rows[at];
  const choosing = chosen
    ? [
        { keys: "x", does: "choose, or no longer", run: () => here && chosen.toggle(idOf(here)) },
        {
          keys: "Shift+x",
          does: "choose all from the last one to here",
          run: () => chosen.toggleTo?.(at),
        },
      ]
    : [];
  useKeys(label, [
    { keys: "j", does: "next", run: () => to(at + 1) },
    { keys: "k", does: "the one before", run: () => to(at - 1) },
    { keys: "ArrowDown", does: "next", run: () => to(at + 1) },
    { keys: "ArrowUp", does: "the one before", run: () => to(at - 1) },
    { keys: "Home", does: "first", run: () => to(0) },
    { keys: "End", does: "last that is loaded", run: () => to(rows.length - 1) },
    { keys: "Enter", does: "open", run: () => here && open?.(here) },
    ...choosing,
  ]);
}
