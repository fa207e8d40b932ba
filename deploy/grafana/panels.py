"""The parts that the dashboards are made of, as Grafana's JSON."""

SOURCE = {"type": "prometheus", "uid": "${datasource}"}

# What the states and verdicts of the gauges are called and coloured. Only `up` is green.
STATES = {
    0: ("up", "green"),
    1: ("suspected", "yellow"),
    2: ("unmeasured", "purple"),
    3: ("down", "red"),
}
YES_IS_GOOD = {0: ("no", "red"), 1: ("yes", "green")}
YES_IS_BAD = {0: ("no", "green"), 1: ("yes", "red")}

# Steps of a threshold: the colour from that value on, None for what is below the first.
BUDGET_LEFT = [(None, "red"), (0.001, "green")]
BURNED = [(None, "green"), (0.5, "yellow"), (0.75, "orange"), (1, "red")]
LEVEL = [(None, "green"), (1, "yellow"), (2, "orange"), (3, "red")]
ANY_IS_BAD = [(None, "green"), (1, "red")]
DAYS_LEFT = [(None, "red"), (14 * 86400, "yellow"), (30 * 86400, "green")]

# A state as a number, as in STATES: of the four series of a service one is 1.
STATE = (
    'sum by (instance, service) (upptid_service_state{{state="down",{0}}} * 3'
    ' or upptid_service_state{{state="unmeasured",{0}}} * 2'
    ' or upptid_service_state{{state="suspected",{0}}})'
)

WIDTH = 24  # of a dashboard, in columns


def query(expr, legend=None, instant=False):
    """One query; `instant` gives the value at the end of the time range only."""
    return {
        "datasource": SOURCE,
        "editorMode": "code",
        "expr": expr,
        "legendFormat": legend or "__auto",
        "instant": instant,
        "range": not instant,
    }


def panel(kind, title, targets, width, height, unit="none", steps=None, names=None, **more):
    """One panel. `names` maps values to texts; of `more`, what is not taken below is an option."""
    defaults = {
        "unit": unit,
        "color": {"mode": "thresholds" if steps or names else "palette-classic"},
    }
    defaults["thresholds"] = {
        "mode": "absolute",
        "steps": [{"value": value, "color": color} for value, color in steps or [(None, "text")]],
    }
    defaults["mappings"] = mappings(names) if names else []
    for key in ("decimals", "min", "max", "noValue", "custom", "displayName"):
        if key in more:
            defaults[key] = more.pop(key)
    made = {
        "type": kind,
        "title": title,
        "datasource": SOURCE,
        "gridPos": {"w": width, "h": height},
        "targets": [dict(target, refId=chr(ord("A") + at)) for at, target in enumerate(targets)],
        "fieldConfig": {"defaults": defaults, "overrides": more.pop("overrides", [])},
    }
    for key in ("description", "transformations", "timeFrom", "links"):
        if key in more:
            made[key] = more.pop(key)
    if "timeFrom" in made:
        made["hideTimeOverride"] = True
    made["options"] = more
    return made


def mappings(names):
    options = {
        str(value): {"text": text, "color": color, "index": at}
        for at, (value, (text, color)) in enumerate(names.items())
    }
    return [{"type": "value", "options": options}]


def stat(title, expr, width=4, height=4, **more):
    """One figure: the value at the end of the time range."""
    options = {
        "colorMode": "value" if more.get("steps") or more.get("names") else "none",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    targets = [query(expr, more.pop("legend", None), instant=True)]
    return panel("stat", title, targets, width, height, **{**options, **more})


def bars(title, targets, width=8, height=8, **more):
    """Figures side by side, each with its legend."""
    options = {
        "displayMode": "gradient",
        "orientation": "horizontal",
        "showUnfilled": True,
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    return panel("bargauge", title, targets, width, height, min=0, **{**options, **more})


def graph(title, targets, width=12, height=8, stacked=False, fill=10, **more):
    """Lines over time. Where nothing was scraped there is no line."""
    custom = {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 60 if stacked else fill,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
    }
    custom.update(more.pop("style", {}))
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return panel("timeseries", title, targets, width, height, custom=custom, **{**options, **more})


def timeline(title, targets, names, width=WIDTH, height=4, **more):
    """A strip of states over time."""
    custom = {"fillOpacity": 80, "lineWidth": 0, "spanNulls": False}
    options = {
        "alignValue": "left",
        "mergeValues": True,
        "rowHeight": 0.8,
        "showValue": "auto",
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "single"},
    }
    return panel(
        "state-timeline",
        title,
        targets,
        width,
        height,
        names=names,
        custom=custom,
        **{**options, **more},
    )


def table(title, columns, labels, width=WIDTH, height=12, sort=None, links=None, **more):
    """A row for each series. `columns` is [(name, expr, {unit, steps, names, decimals, cell})],
    `labels` maps labels to the names of their columns, the others are not shown."""
    targets = [dict(query(expr, instant=True), format="table") for _, expr, _ in columns]
    values = [f"Value #{chr(ord('A') + at)}" for at in range(len(columns))]
    if len(columns) == 1:
        values = ["Value"]
    names = {value: name for value, (name, _, _) in zip(values, columns)}
    shown = list(labels) + values
    organize = {
        "includeByName": {name: True for name in shown},
        "indexByName": {name: at for at, name in enumerate(shown)},
        "renameByName": {**labels, **names},
    }
    overrides = [override(name, looks) for name, _, looks in columns if looks]
    for name, urls in (links or {}).items():
        overrides.append(override(name, {"links": urls}))
    transformations = [{"id": "merge", "options": {}}, {"id": "organize", "options": organize}]
    sort_by = [{"displayName": sort, "desc": False}] if sort else []
    return panel(
        "table",
        title,
        targets,
        width,
        height,
        overrides=overrides,
        transformations=transformations,
        showHeader=True,
        sortBy=sort_by,
        cellHeight="sm",
        footer={
            "show": False,
            "enablePagination": True,
            "reducer": ["sum"],
            "countRows": False,
            "fields": "",
        },
        custom={"align": "auto", "filterable": True, "cellOptions": {"type": "auto"}},
        **more,
    )


def override(column, looks):
    properties = []
    for key, value in looks.items():
        if key == "steps":
            steps = [{"value": at, "color": color} for at, color in value]
            properties += [
                {"id": "thresholds", "value": {"mode": "absolute", "steps": steps}},
                {"id": "color", "value": {"mode": "thresholds"}},
            ]
        elif key == "names":
            properties.append({"id": "mappings", "value": mappings(value)})
        elif key == "cell":
            properties.append({"id": "custom.cellOptions", "value": {"type": value}})
        elif key == "links":
            made = [{"title": title, "url": url} for title, url in value]
            properties.append({"id": "links", "value": made})
        else:
            properties.append({"id": key, "value": value})
    return {"matcher": {"id": "byName", "options": column}, "properties": properties}


def colour(name, color):
    fixed = {"mode": "fixed", "fixedColor": color}
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [{"id": "color", "value": fixed}],
    }


def source_variable():
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "hide": 0,
        "refresh": 1,
        "regex": "",
        "includeAll": False,
        "multi": False,
        "options": [],
    }


def variable(name, label, metric, many=False):
    """The values of the label `name` of a metric."""
    made = {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SOURCE,
        "definition": f"label_values({metric}, {name})",
        "query": {"query": f"label_values({metric}, {name})", "refId": "Variable"},
        "refresh": 2,
        "sort": 1,
        "hide": 0,
        "regex": "",
        "multi": many,
        "includeAll": many,
        "options": [],
    }
    if many:
        # Also what has no such label.
        made["allValue"] = ".*"
        made["current"] = {"selected": True, "text": ["All"], "value": ["$__all"]}
    return made


def mark(name, expr, color):
    """What is marked in every graph while it lasts."""
    return {
        "name": name,
        "datasource": SOURCE,
        "enable": True,
        "hide": False,
        "iconColor": color,
        "expr": expr,
        "step": "60s",
        "titleFormat": name,
        "tagKeys": "",
        "textFormat": "",
        "useValueForTime": False,
    }


def dashboard(uid, title, description, rows, variables, since, until, timezone, links, marks=()):
    """The whole. `rows` is [(heading or None, [panels])]; panels flow from left to right."""
    panels = []
    y = 0
    for heading, members in rows:
        if heading:
            place = {"x": 0, "y": y, "w": WIDTH, "h": 1}
            panels.append(
                {
                    "type": "row",
                    "title": heading,
                    "collapsed": False,
                    "panels": [],
                    "gridPos": place,
                }
            )
            y += 1
        x = deepest = 0
        for member in members:
            place = member["gridPos"]
            if x + place["w"] > WIDTH:
                x, y, deepest = 0, y + deepest, 0
            place.update(x=x, y=y)
            x += place["w"]
            deepest = max(deepest, place["h"])
            panels.append(member)
        y += deepest
    for number, member in enumerate(panels, 1):
        member["id"] = number
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["upptid"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": timezone,
        "weekStart": "monday",
        "time": {"from": since, "to": until},
        "timepicker": {},
        "refresh": "1m",
        "fiscalYearStartMonth": 0,
        "liveNow": False,
        "templating": {"list": [source_variable(), *variables]},
        "annotations": {"list": list(marks)},
        "links": links,
        "panels": panels,
    }


def link(title, uid, carries):
    """A link at the top to another dashboard, with these variables and nothing of the time."""
    kept = "&".join(f"var-{name}=${{{name}:percentencode}}" for name in carries)
    return {
        "title": title,
        "type": "link",
        "icon": "dashboard",
        "url": f"/d/{uid}?{kept}",
        "tags": [],
        "asDropdown": False,
        "includeVars": False,
        "keepTime": False,
        "targetBlank": False,
        "tooltip": "",
    }


def page(title, url):
    """A link at the top to a page of the agent."""
    made = link(title, "", [])
    return {**made, "icon": "external link", "url": url, "targetBlank": True}
