import { Dashboard as Base, Panel as AnyPanel, RowPanel, FieldConfig, FieldConfigSource, DataSourceRef } from '@grafana/schema';
import * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import * as timeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import * as text from '@grafana/schema/dist/esm/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen';
type Config<C> = Omit<FieldConfigSource, 'defaults'> & { defaults: Omit<FieldConfig, 'custom'> & { custom?: C } };
type Of<T extends string, O, C> = Omit<AnyPanel, 'type' | 'options' | 'fieldConfig' | 'datasource'> & { datasource?: DataSourceRef; type: T; options: O; fieldConfig: Config<C> };
type None = {};
export type Panel =
  | Of<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | Of<'stat', stat.Options, None>
  | Of<'state-timeline', timeline.Options, timeline.FieldConfig>
  | Of<'table', table.Options, table.FieldConfig>
  | (Omit<AnyPanel, 'type' | 'options' | 'fieldConfig' | 'datasource'> & { datasource?: DataSourceRef; type: 'text'; options: text.Options })
  | (Omit<RowPanel, 'panels' | 'datasource'> & { panels: never[] });
export type Dashboard = Omit<Base, 'panels' | 'annotations'> & { panels: Panel[] };
