/** The pages: where each is, what it is called, its key behind `g`, and who may see it. */
import {
  IconAlertTriangle,
  IconChartDots3,
  IconEyeOff,
  IconFileText,
  IconGauge,
  IconHistory,
  IconLayoutDashboard,
  IconPlug,
  IconSearch,
  IconServer,
  IconTopologyStar3,
  IconUserShield,
  IconUsers,
} from "@tabler/icons-react";
import { type ComponentType, lazy } from "react";
import type { Scope } from "@/api/me";

export interface PageEntry {
  path: string; // of its list; what lies below it is the page's own
  label: string;
  key: string;
  icon: ComponentType<{ size?: number }>;
  scope: Scope;
  page: ComponentType;
}

export const PAGES: PageEntry[] = [
  {
    path: "/",
    label: "Overview",
    key: "o",
    icon: IconLayoutDashboard,
    scope: "read",
    page: lazy(() => import("@/pages/overview/OverviewPage")),
  },
  {
    path: "/alerts",
    label: "Alerts",
    key: "a",
    icon: IconAlertTriangle,
    scope: "read",
    page: lazy(() => import("@/pages/alerts/AlertsPage")),
  },
  {
    path: "/incidents",
    label: "Incidents",
    key: "i",
    icon: IconTopologyStar3,
    scope: "read",
    page: lazy(() => import("@/pages/incidents/IncidentsPage")),
  },
  {
    path: "/suppressed",
    label: "Suppressed",
    key: "s",
    icon: IconEyeOff,
    scope: "read",
    page: lazy(() => import("@/pages/suppressed/SuppressedPage")),
  },
  {
    path: "/rules",
    label: "Rules",
    key: "r",
    icon: IconFileText,
    scope: "read",
    page: lazy(() => import("@/pages/rules/RulesPage")),
  },
  {
    path: "/models",
    label: "Models",
    key: "m",
    icon: IconChartDots3,
    scope: "read",
    page: lazy(() => import("@/pages/models/ModelsPage")),
  },
  {
    path: "/workloads",
    label: "Workloads",
    key: "w",
    icon: IconServer,
    scope: "read",
    page: lazy(() => import("@/pages/workloads/WorkloadsPage")),
  },
  {
    path: "/users",
    label: "Users",
    key: "u",
    icon: IconUsers,
    scope: "read",
    page: lazy(() => import("@/pages/users/UsersPage")),
  },
  {
    path: "/hunt",
    label: "Hunt",
    key: "h",
    icon: IconSearch,
    scope: "hunt",
    page: lazy(() => import("@/pages/hunt/HuntPage")),
  },
  {
    path: "/integrations",
    label: "Integrations",
    key: "n",
    icon: IconPlug,
    scope: "read",
    page: lazy(() => import("@/pages/integrations/IntegrationsPage")),
  },
  {
    path: "/access",
    label: "Access",
    key: "c",
    icon: IconUserShield,
    scope: "read",
    page: lazy(() => import("@/pages/access/AccessPage")),
  },
  {
    path: "/audit-log",
    label: "Audit log",
    key: "l",
    icon: IconHistory,
    scope: "admin",
    page: lazy(() => import("@/pages/access/AuditLogPage")),
  },
  {
    path: "/system",
    label: "System",
    key: "y",
    icon: IconGauge,
    scope: "read",
    page: lazy(() => import("@/pages/system/SystemPage")),
  },
];
