-- A Memoria database as the SDK creates it with SQLAlchemy on PostgreSQL, every table, without rows.

CREATE FUNCTION update_short_term_search_vector() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                BEGIN
                    NEW.search_vector := to_tsvector('english', COALESCE(NEW.searchable_content, '') || ' ' || COALESCE(NEW.summary, ''));
                    RETURN NEW;
                END
                $$;

CREATE TABLE agents (
    agent_id character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    role character varying(255),
    preferred_model character varying(255),
    is_agent boolean NOT NULL,
    metadata json,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL
);

CREATE TABLE chat_history (
    chat_id character varying(255) NOT NULL,
    user_input text NOT NULL,
    ai_output text NOT NULL,
    model character varying(255) NOT NULL,
    "timestamp" timestamp without time zone NOT NULL,
    session_id character varying(255) NOT NULL,
    namespace character varying(255) NOT NULL,
    tokens_used integer,
    metadata json,
    team_id character varying(255),
    workspace_id character varying(255),
    last_edited_by_model character varying(255)
);

CREATE TABLE cluster_members (
    id integer NOT NULL,
    memory_id character varying(255) NOT NULL,
    anchor character varying(255),
    summary text NOT NULL,
    tokens integer,
    chars integer,
    cluster_id integer NOT NULL
);

CREATE SEQUENCE cluster_members_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE cluster_members_id_seq OWNED BY cluster_members.id;

CREATE TABLE clusters (
    id integer NOT NULL,
    summary text NOT NULL,
    centroid json,
    y_centroid double precision,
    z_centroid double precision,
    polarity double precision,
    subjectivity double precision,
    size integer,
    avg_importance double precision,
    update_count integer,
    last_updated timestamp without time zone,
    weight double precision,
    total_tokens integer,
    total_chars integer,
    CONSTRAINT ck_clusters_y_centroid_range CHECK (((y_centroid IS NULL) OR ((y_centroid >= ('-15.0'::numeric)::double precision) AND (y_centroid <= (15.0)::double precision)))),
    CONSTRAINT ck_clusters_z_centroid_range CHECK (((z_centroid IS NULL) OR ((z_centroid >= ('-15.0'::numeric)::double precision) AND (z_centroid <= (15.0)::double precision))))
);

CREATE SEQUENCE clusters_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE clusters_id_seq OWNED BY clusters.id;

CREATE TABLE link_memory_threads (
    id integer NOT NULL,
    source_memory_id character varying(255) NOT NULL,
    target_memory_id character varying(255) NOT NULL,
    relation character varying(50) NOT NULL,
    created_at timestamp without time zone NOT NULL
);

CREATE SEQUENCE link_memory_threads_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE link_memory_threads_id_seq OWNED BY link_memory_threads.id;

CREATE TABLE long_term_memory (
    memory_id character varying(255) NOT NULL,
    original_chat_id character varying(255),
    processed_data json NOT NULL,
    importance_score double precision NOT NULL,
    category_primary character varying(255) NOT NULL,
    retention_type character varying(50) NOT NULL,
    namespace character varying(255) NOT NULL,
    "timestamp" timestamp without time zone NOT NULL,
    created_at timestamp without time zone NOT NULL,
    access_count integer,
    last_accessed timestamp without time zone,
    searchable_content text NOT NULL,
    summary text NOT NULL,
    novelty_score double precision,
    relevance_score double precision,
    actionability_score double precision,
    x_coord double precision,
    y_coord double precision,
    z_coord double precision,
    symbolic_anchors json,
    embedding json,
    documents_json json,
    team_id character varying(255),
    workspace_id character varying(255),
    last_edited_by_model character varying(255),
    classification character varying(50) NOT NULL,
    memory_importance character varying(20) NOT NULL,
    topic character varying(255),
    entities_json json,
    keywords_json json,
    is_user_context boolean,
    is_preference boolean,
    is_skill_knowledge boolean,
    is_current_project boolean,
    promotion_eligible boolean,
    duplicate_of character varying(255),
    supersedes_json json,
    related_memories_json json,
    confidence_score double precision,
    extraction_timestamp timestamp without time zone NOT NULL,
    classification_reason text,
    processed_for_duplicates boolean,
    conscious_processed boolean,
    search_vector tsvector,
    CONSTRAINT ck_long_term_y_coord_range CHECK (((y_coord IS NULL) OR ((y_coord >= ('-15.0'::numeric)::double precision) AND (y_coord <= (15.0)::double precision)))),
    CONSTRAINT ck_long_term_z_coord_range CHECK (((z_coord IS NULL) OR ((z_coord >= ('-15.0'::numeric)::double precision) AND (z_coord <= (15.0)::double precision))))
);

CREATE TABLE memory_access_events (
    id integer NOT NULL,
    memory_id character varying(255) NOT NULL,
    namespace character varying(255) NOT NULL,
    team_id character varying(255),
    accessed_at timestamp without time zone NOT NULL,
    access_type character varying(50) NOT NULL,
    source character varying(50),
    metadata_json json,
    workspace_id character varying(255)
);

CREATE SEQUENCE memory_access_events_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE memory_access_events_id_seq OWNED BY memory_access_events.id;

CREATE TABLE memory_entities (
    entity_id text NOT NULL,
    memory_id text NOT NULL,
    memory_type text NOT NULL,
    entity_type text NOT NULL,
    entity_value text NOT NULL,
    relevance_score real DEFAULT 0.5 NOT NULL,
    entity_context text,
    namespace text DEFAULT 'default'::text NOT NULL,
    created_at timestamp without time zone NOT NULL
);

CREATE TABLE memory_relationships (
    relationship_id text NOT NULL,
    source_memory_id text NOT NULL,
    target_memory_id text NOT NULL,
    relationship_type text NOT NULL,
    strength real DEFAULT 0.5 NOT NULL,
    reasoning text,
    namespace text DEFAULT 'default'::text NOT NULL,
    created_at timestamp without time zone NOT NULL
);

CREATE TABLE policy_artifacts (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    artifact_type character varying(50) NOT NULL,
    namespace character varying(255) NOT NULL,
    payload json NOT NULL,
    schema_version character varying(50) NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL,
    created_by character varying(255),
    workspace_id character varying(255),
    team_id character varying(255)
);

CREATE SEQUENCE policy_artifacts_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE policy_artifacts_id_seq OWNED BY policy_artifacts.id;

CREATE TABLE retention_policy_audits (
    id integer NOT NULL,
    memory_id character varying(255),
    namespace character varying(255) NOT NULL,
    policy_name character varying(255) NOT NULL,
    action character varying(50) NOT NULL,
    escalate_to character varying(255),
    details json,
    created_at timestamp without time zone NOT NULL,
    team_id character varying(255),
    workspace_id character varying(255)
);

CREATE SEQUENCE retention_policy_audits_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE retention_policy_audits_id_seq OWNED BY retention_policy_audits.id;

CREATE TABLE rules_memory (
    rule_id text NOT NULL,
    rule_text text NOT NULL,
    rule_type text NOT NULL,
    priority integer DEFAULT 5,
    active boolean DEFAULT true,
    context_conditions text,
    namespace text DEFAULT 'default'::text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL,
    processed_data text,
    metadata text DEFAULT '{}'::text
);

CREATE TABLE service_metadata (
    key character varying(255) NOT NULL PRIMARY KEY,
    value text
);

CREATE TABLE short_term_memory (
    memory_id character varying(255) NOT NULL,
    chat_id character varying(255),
    processed_data json NOT NULL,
    importance_score double precision NOT NULL,
    category_primary character varying(255) NOT NULL,
    retention_type character varying(50) NOT NULL,
    namespace character varying(255) NOT NULL,
    created_at timestamp without time zone NOT NULL,
    expires_at timestamp without time zone,
    access_count integer,
    last_accessed timestamp without time zone,
    searchable_content text NOT NULL,
    summary text NOT NULL,
    is_permanent_context boolean,
    x_coord double precision,
    y_coord double precision,
    z_coord double precision,
    symbolic_anchors json,
    embedding json,
    team_id character varying(255),
    workspace_id character varying(255),
    last_edited_by_model character varying(255),
    search_vector tsvector,
    CONSTRAINT ck_short_term_y_coord_range CHECK (((y_coord IS NULL) OR ((y_coord >= ('-15.0'::numeric)::double precision) AND (y_coord <= (15.0)::double precision)))),
    CONSTRAINT ck_short_term_z_coord_range CHECK (((z_coord IS NULL) OR ((z_coord >= ('-15.0'::numeric)::double precision) AND (z_coord <= (15.0)::double precision))))
);

CREATE TABLE spatial_metadata (
    memory_id character varying(255) NOT NULL,
    namespace character varying(255) NOT NULL,
    team_id character varying(255),
    "timestamp" timestamp without time zone NOT NULL,
    x double precision,
    y double precision,
    z double precision,
    symbolic_anchors json,
    workspace_id character varying(255),
    CONSTRAINT ck_spatial_metadata_namespace_nonempty CHECK (((namespace)::text <> ''::text)),
    CONSTRAINT ck_spatial_metadata_y_range CHECK (((y IS NULL) OR ((y >= ('-15.0'::numeric)::double precision) AND (y <= (15.0)::double precision)))),
    CONSTRAINT ck_spatial_metadata_z_range CHECK (((z IS NULL) OR ((z >= ('-15.0'::numeric)::double precision) AND (z <= (15.0)::double precision))))
);

CREATE TABLE teams (
    team_id character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    slug character varying(255) NOT NULL,
    description text,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL
);

CREATE TABLE thread_events (
    thread_id character varying(255) NOT NULL,
    namespace character varying(255) NOT NULL,
    symbolic_anchors json,
    ritual_name character varying(255),
    ritual_phase character varying(255),
    ritual_metadata json,
    centroid_x double precision,
    centroid_y double precision,
    centroid_z double precision,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL
);

CREATE TABLE thread_message_links (
    id integer NOT NULL,
    thread_id character varying(255) NOT NULL,
    memory_id character varying(255) NOT NULL,
    namespace character varying(255) NOT NULL,
    sequence_index integer NOT NULL,
    role character varying(50),
    anchor character varying(255),
    "timestamp" timestamp without time zone
);

CREATE SEQUENCE thread_message_links_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE thread_message_links_id_seq OWNED BY thread_message_links.id;

CREATE TABLE workspace_members (
    id integer NOT NULL,
    workspace_id character varying(255) NOT NULL,
    user_id character varying(255) NOT NULL,
    role character varying(50) NOT NULL,
    is_admin boolean NOT NULL,
    is_agent boolean NOT NULL,
    joined_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL
);

CREATE SEQUENCE workspace_members_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE workspace_members_id_seq OWNED BY workspace_members.id;

CREATE TABLE workspaces (
    workspace_id character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    slug character varying(255) NOT NULL,
    description text,
    owner_id character varying(255),
    team_id character varying(255),
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL
);

ALTER TABLE ONLY cluster_members ALTER COLUMN id SET DEFAULT nextval('cluster_members_id_seq'::regclass);

ALTER TABLE ONLY clusters ALTER COLUMN id SET DEFAULT nextval('clusters_id_seq'::regclass);

ALTER TABLE ONLY link_memory_threads ALTER COLUMN id SET DEFAULT nextval('link_memory_threads_id_seq'::regclass);

ALTER TABLE ONLY memory_access_events ALTER COLUMN id SET DEFAULT nextval('memory_access_events_id_seq'::regclass);

ALTER TABLE ONLY policy_artifacts ALTER COLUMN id SET DEFAULT nextval('policy_artifacts_id_seq'::regclass);

ALTER TABLE ONLY retention_policy_audits ALTER COLUMN id SET DEFAULT nextval('retention_policy_audits_id_seq'::regclass);

ALTER TABLE ONLY thread_message_links ALTER COLUMN id SET DEFAULT nextval('thread_message_links_id_seq'::regclass);

ALTER TABLE ONLY workspace_members ALTER COLUMN id SET DEFAULT nextval('workspace_members_id_seq'::regclass);

ALTER TABLE ONLY agents
    ADD CONSTRAINT agents_pkey PRIMARY KEY (agent_id);

ALTER TABLE ONLY chat_history
    ADD CONSTRAINT chat_history_pkey PRIMARY KEY (chat_id);

ALTER TABLE ONLY cluster_members
    ADD CONSTRAINT cluster_members_pkey PRIMARY KEY (id);

ALTER TABLE ONLY clusters
    ADD CONSTRAINT clusters_pkey PRIMARY KEY (id);

ALTER TABLE ONLY link_memory_threads
    ADD CONSTRAINT link_memory_threads_pkey PRIMARY KEY (id);

ALTER TABLE ONLY long_term_memory
    ADD CONSTRAINT long_term_memory_pkey PRIMARY KEY (memory_id);

ALTER TABLE ONLY memory_access_events
    ADD CONSTRAINT memory_access_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY memory_entities
    ADD CONSTRAINT memory_entities_pkey PRIMARY KEY (entity_id);

ALTER TABLE ONLY memory_relationships
    ADD CONSTRAINT memory_relationships_pkey PRIMARY KEY (relationship_id);

ALTER TABLE ONLY policy_artifacts
    ADD CONSTRAINT policy_artifacts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY retention_policy_audits
    ADD CONSTRAINT retention_policy_audits_pkey PRIMARY KEY (id);

ALTER TABLE ONLY rules_memory
    ADD CONSTRAINT rules_memory_pkey PRIMARY KEY (rule_id);

ALTER TABLE ONLY short_term_memory
    ADD CONSTRAINT short_term_memory_pkey PRIMARY KEY (memory_id);

ALTER TABLE ONLY spatial_metadata
    ADD CONSTRAINT spatial_metadata_pkey PRIMARY KEY (memory_id);

ALTER TABLE ONLY teams
    ADD CONSTRAINT teams_pkey PRIMARY KEY (team_id);

ALTER TABLE ONLY thread_events
    ADD CONSTRAINT thread_events_pkey PRIMARY KEY (thread_id);

ALTER TABLE ONLY thread_message_links
    ADD CONSTRAINT thread_message_links_pkey PRIMARY KEY (id);

ALTER TABLE ONLY policy_artifacts
    ADD CONSTRAINT uq_policy_artifacts_identity UNIQUE (name, namespace, workspace_id);

ALTER TABLE ONLY workspace_members
    ADD CONSTRAINT uq_workspace_member UNIQUE (workspace_id, user_id);

ALTER TABLE ONLY workspace_members
    ADD CONSTRAINT workspace_members_pkey PRIMARY KEY (id);

ALTER TABLE ONLY workspaces
    ADD CONSTRAINT workspaces_pkey PRIMARY KEY (workspace_id);

CREATE INDEX idx_access_events_memory ON memory_access_events USING btree (memory_id);

CREATE INDEX idx_access_events_namespace ON memory_access_events USING btree (namespace, accessed_at);

CREATE INDEX idx_access_events_team_namespace ON memory_access_events USING btree (team_id, namespace, accessed_at);

CREATE INDEX idx_access_events_workspace_namespace ON memory_access_events USING btree (workspace_id, namespace, accessed_at);

CREATE INDEX idx_agent_preferred_model ON agents USING btree (preferred_model);

CREATE INDEX idx_agent_role ON agents USING btree (role);

CREATE INDEX idx_chat_last_editor ON chat_history USING btree (last_edited_by_model);

CREATE INDEX idx_chat_model ON chat_history USING btree (model);

CREATE INDEX idx_chat_namespace_session ON chat_history USING btree (namespace, session_id);

CREATE INDEX idx_chat_team ON chat_history USING btree (team_id);

CREATE INDEX idx_chat_team_namespace ON chat_history USING btree (team_id, namespace);

CREATE INDEX idx_chat_timestamp ON chat_history USING btree ("timestamp");

CREATE INDEX idx_chat_workspace ON chat_history USING btree (workspace_id);

CREATE INDEX idx_chat_workspace_namespace ON chat_history USING btree (workspace_id, namespace);

CREATE INDEX idx_cluster_members_cluster ON cluster_members USING btree (cluster_id);

CREATE INDEX idx_clusters_last_updated ON clusters USING btree (last_updated);

CREATE INDEX idx_clusters_weight ON clusters USING btree (weight);

CREATE INDEX idx_entities_memory ON memory_entities USING btree (memory_id, memory_type);

CREATE INDEX idx_entities_namespace ON memory_entities USING btree (namespace);

CREATE INDEX idx_entities_relevance ON memory_entities USING btree (relevance_score);

CREATE INDEX idx_entities_type ON memory_entities USING btree (entity_type);

CREATE INDEX idx_entities_value ON memory_entities USING btree (entity_value);

CREATE INDEX idx_entities_value_type ON memory_entities USING btree (entity_value, entity_type);

CREATE INDEX idx_long_term_access ON long_term_memory USING btree (access_count, last_accessed);

CREATE INDEX idx_long_term_category ON long_term_memory USING btree (category_primary);

CREATE INDEX idx_long_term_classification ON long_term_memory USING btree (classification);

CREATE INDEX idx_long_term_confidence ON long_term_memory USING btree (confidence_score);

CREATE INDEX idx_long_term_conscious_flags ON long_term_memory USING btree (is_user_context, is_preference, is_skill_knowledge, promotion_eligible);

CREATE INDEX idx_long_term_conscious_processed ON long_term_memory USING btree (conscious_processed);

CREATE INDEX idx_long_term_coords ON long_term_memory USING btree (x_coord, y_coord, z_coord);

CREATE INDEX idx_long_term_created ON long_term_memory USING btree (created_at);

CREATE INDEX idx_long_term_duplicates ON long_term_memory USING btree (processed_for_duplicates);

CREATE INDEX idx_long_term_importance ON long_term_memory USING btree (importance_score);

CREATE INDEX idx_long_term_last_editor ON long_term_memory USING btree (last_edited_by_model);

CREATE INDEX idx_long_term_memory_importance ON long_term_memory USING btree (memory_importance);

CREATE INDEX idx_long_term_namespace ON long_term_memory USING btree (namespace);

CREATE INDEX idx_long_term_namespace_category ON long_term_memory USING btree (namespace, category_primary, importance_score);

CREATE INDEX idx_long_term_namespace_team ON long_term_memory USING btree (namespace, team_id);

CREATE INDEX idx_long_term_namespace_workspace ON long_term_memory USING btree (namespace, workspace_id);

CREATE INDEX idx_long_term_scores ON long_term_memory USING btree (novelty_score, relevance_score, actionability_score);

CREATE INDEX idx_long_term_search_vector ON long_term_memory USING gin (search_vector);

CREATE INDEX idx_long_term_team ON long_term_memory USING btree (team_id);

CREATE INDEX idx_long_term_team_namespace ON long_term_memory USING btree (team_id, namespace);

CREATE INDEX idx_long_term_timestamp ON long_term_memory USING btree ("timestamp");

CREATE INDEX idx_long_term_topic ON long_term_memory USING btree (topic);

CREATE INDEX idx_long_term_workspace ON long_term_memory USING btree (workspace_id);

CREATE INDEX idx_policy_artifacts_namespace ON policy_artifacts USING btree (namespace);

CREATE INDEX idx_policy_artifacts_type ON policy_artifacts USING btree (artifact_type);

CREATE INDEX idx_relationships_source ON memory_relationships USING btree (source_memory_id);

CREATE INDEX idx_relationships_strength ON memory_relationships USING btree (strength);

CREATE INDEX idx_relationships_target ON memory_relationships USING btree (target_memory_id);

CREATE INDEX idx_relationships_type ON memory_relationships USING btree (relationship_type);

CREATE INDEX idx_retention_audits_namespace ON retention_policy_audits USING btree (namespace, created_at);

CREATE INDEX idx_retention_audits_policy ON retention_policy_audits USING btree (policy_name, created_at);

CREATE INDEX idx_rules_active ON rules_memory USING btree (active);

CREATE INDEX idx_rules_namespace ON rules_memory USING btree (namespace);

CREATE INDEX idx_rules_priority ON rules_memory USING btree (priority);

CREATE INDEX idx_rules_type ON rules_memory USING btree (rule_type);

CREATE INDEX idx_rules_updated ON rules_memory USING btree (updated_at);

CREATE INDEX idx_short_term_access ON short_term_memory USING btree (access_count, last_accessed);

CREATE INDEX idx_short_term_category ON short_term_memory USING btree (category_primary);

CREATE INDEX idx_short_term_coords ON short_term_memory USING btree (x_coord, y_coord, z_coord);

CREATE INDEX idx_short_term_created ON short_term_memory USING btree (created_at);

CREATE INDEX idx_short_term_expires ON short_term_memory USING btree (expires_at);

CREATE INDEX idx_short_term_importance ON short_term_memory USING btree (importance_score);

CREATE INDEX idx_short_term_last_editor ON short_term_memory USING btree (last_edited_by_model);

CREATE INDEX idx_short_term_namespace ON short_term_memory USING btree (namespace);

CREATE INDEX idx_short_term_namespace_category ON short_term_memory USING btree (namespace, category_primary, importance_score);

CREATE INDEX idx_short_term_namespace_team ON short_term_memory USING btree (namespace, team_id);

CREATE INDEX idx_short_term_namespace_workspace ON short_term_memory USING btree (namespace, workspace_id);

CREATE INDEX idx_short_term_permanent ON short_term_memory USING btree (is_permanent_context);

CREATE INDEX idx_short_term_search_vector ON short_term_memory USING gin (search_vector);

CREATE INDEX idx_short_term_team ON short_term_memory USING btree (team_id);

CREATE INDEX idx_short_term_team_namespace ON short_term_memory USING btree (team_id, namespace);

CREATE INDEX idx_short_term_workspace ON short_term_memory USING btree (workspace_id);

CREATE INDEX idx_spatial_namespace ON spatial_metadata USING btree (namespace);

CREATE INDEX idx_spatial_team_namespace ON spatial_metadata USING btree (team_id, namespace);

CREATE INDEX idx_spatial_workspace_namespace ON spatial_metadata USING btree (workspace_id, namespace);

CREATE INDEX idx_team_created ON teams USING btree (created_at);

CREATE UNIQUE INDEX idx_team_slug ON teams USING btree (slug);

CREATE INDEX idx_thread_events_namespace ON thread_events USING btree (namespace);

CREATE INDEX idx_thread_message_memory ON thread_message_links USING btree (memory_id);

CREATE INDEX idx_thread_message_thread ON thread_message_links USING btree (thread_id);

CREATE INDEX idx_threads_source ON link_memory_threads USING btree (source_memory_id);

CREATE INDEX idx_threads_target ON link_memory_threads USING btree (target_memory_id);

CREATE INDEX idx_workspace_created ON workspaces USING btree (created_at);

CREATE INDEX idx_workspace_member_user ON workspace_members USING btree (user_id);

CREATE INDEX idx_workspace_member_workspace ON workspace_members USING btree (workspace_id);

CREATE INDEX idx_workspace_owner ON workspaces USING btree (owner_id);

CREATE UNIQUE INDEX idx_workspace_slug ON workspaces USING btree (slug);

CREATE INDEX idx_workspace_team ON workspaces USING btree (team_id);

CREATE TRIGGER update_short_term_search_vector_trigger BEFORE INSERT OR UPDATE ON short_term_memory FOR EACH ROW EXECUTE FUNCTION update_short_term_search_vector();

ALTER TABLE ONLY chat_history
    ADD CONSTRAINT chat_history_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams(team_id) ON DELETE SET NULL;

ALTER TABLE ONLY chat_history
    ADD CONSTRAINT chat_history_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id) ON DELETE SET NULL;

ALTER TABLE ONLY cluster_members
    ADD CONSTRAINT cluster_members_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id) ON DELETE CASCADE;

ALTER TABLE ONLY chat_history
    ADD CONSTRAINT fk_chat_history_team_id FOREIGN KEY (team_id) REFERENCES teams(team_id) ON DELETE SET NULL;

ALTER TABLE ONLY long_term_memory
    ADD CONSTRAINT fk_long_term_team_id FOREIGN KEY (team_id) REFERENCES teams(team_id) ON DELETE SET NULL;

ALTER TABLE ONLY short_term_memory
    ADD CONSTRAINT fk_short_term_team_id FOREIGN KEY (team_id) REFERENCES teams(team_id) ON DELETE SET NULL;

ALTER TABLE ONLY long_term_memory
    ADD CONSTRAINT long_term_memory_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams(team_id) ON DELETE SET NULL;

ALTER TABLE ONLY long_term_memory
    ADD CONSTRAINT long_term_memory_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id) ON DELETE SET NULL;

ALTER TABLE ONLY memory_access_events
    ADD CONSTRAINT memory_access_events_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id) ON DELETE SET NULL;

ALTER TABLE ONLY policy_artifacts
    ADD CONSTRAINT policy_artifacts_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams(team_id) ON DELETE SET NULL;

ALTER TABLE ONLY policy_artifacts
    ADD CONSTRAINT policy_artifacts_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id) ON DELETE SET NULL;

ALTER TABLE ONLY retention_policy_audits
    ADD CONSTRAINT retention_policy_audits_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams(team_id) ON DELETE SET NULL;

ALTER TABLE ONLY retention_policy_audits
    ADD CONSTRAINT retention_policy_audits_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id) ON DELETE SET NULL;

ALTER TABLE ONLY short_term_memory
    ADD CONSTRAINT short_term_memory_chat_id_fkey FOREIGN KEY (chat_id) REFERENCES chat_history(chat_id) ON DELETE SET NULL;

ALTER TABLE ONLY short_term_memory
    ADD CONSTRAINT short_term_memory_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams(team_id) ON DELETE SET NULL;

ALTER TABLE ONLY short_term_memory
    ADD CONSTRAINT short_term_memory_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id) ON DELETE SET NULL;

ALTER TABLE ONLY spatial_metadata
    ADD CONSTRAINT spatial_metadata_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams(team_id) ON DELETE SET NULL;

ALTER TABLE ONLY spatial_metadata
    ADD CONSTRAINT spatial_metadata_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id) ON DELETE SET NULL;

ALTER TABLE ONLY workspace_members
    ADD CONSTRAINT workspace_members_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(workspace_id) ON DELETE CASCADE;

ALTER TABLE ONLY workspaces
    ADD CONSTRAINT workspaces_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams(team_id) ON DELETE SET NULL;
