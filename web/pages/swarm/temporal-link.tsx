/** The workflow in Temporal's own web page, when there is one. */
import { useServiceSettings } from '../../data/queries.ts';
import { Icon } from '../../parts/icon.tsx';

/** Only what a browser opens as a page. */
const isPage = (url: string): boolean => /^https?:\/\//.test(url);

export const TemporalLink = ({ workflowId }: { readonly workflowId: string }) => {
  const temporal = useServiceSettings().data?.temporal;
  const url = temporal?.uiUrl ?? '';
  if (temporal === undefined || !isPage(url)) return null;
  const base = url.replace(/\/+$/, '');
  return (
    <a
      className="small row tight external"
      href={`${base}/namespaces/${encodeURIComponent(temporal.namespace)}/workflows/${encodeURIComponent(workflowId)}`}
      target="_blank"
      rel="noreferrer"
    >
      Temporal
      <Icon name="external" />
    </a>
  );
};
