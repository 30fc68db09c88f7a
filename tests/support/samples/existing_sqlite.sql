-- A Memoria database as the SDK creates it with SQLAlchemy on SQLite, every table, without rows.

CREATE TABLE teams (
    team_id VARCHAR(255) NOT NULL,
    name VARCHAR(255) NOT NULL,
    slug VARCHAR(255) NOT NULL,
    description TEXT,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (team_id)
);

CREATE TABLE agents (
    agent_id VARCHAR(255) NOT NULL,
    name VARCHAR(255) NOT NULL,
    role VARCHAR(255),
    preferred_model VARCHAR(255),
    is_agent BOOLEAN NOT NULL,
    metadata JSON,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (agent_id)
);

CREATE TABLE link_memory_threads (
    id INTEGER NOT NULL,
    source_memory_id VARCHAR(255) NOT NULL,
    target_memory_id VARCHAR(255) NOT NULL,
    relation VARCHAR(50) NOT NULL,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE thread_events (
    thread_id VARCHAR(255) NOT NULL,
    namespace VARCHAR(255) NOT NULL,
    symbolic_anchors JSON,
    ritual_name VARCHAR(255),
    ritual_phase VARCHAR(255),
    ritual_metadata JSON,
    centroid_x FLOAT,
    centroid_y FLOAT,
    centroid_z FLOAT,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (thread_id)
);

CREATE TABLE thread_message_links (
    id INTEGER NOT NULL,
    thread_id VARCHAR(255) NOT NULL,
    memory_id VARCHAR(255) NOT NULL,
    namespace VARCHAR(255) NOT NULL,
    sequence_index INTEGER NOT NULL,
    role VARCHAR(50),
    anchor VARCHAR(255),
    timestamp DATETIME,
    PRIMARY KEY (id)
);

CREATE TABLE clusters (
    id INTEGER NOT NULL,
    summary TEXT NOT NULL,
    centroid JSON,
    y_centroid FLOAT,
    z_centroid FLOAT,
    polarity FLOAT,
    subjectivity FLOAT,
    size INTEGER,
    avg_importance FLOAT,
    update_count INTEGER,
    last_updated DATETIME,
    weight FLOAT,
    total_tokens INTEGER,
    total_chars INTEGER,
    PRIMARY KEY (id),
    CONSTRAINT ck_clusters_y_centroid_range CHECK ((y_centroid IS NULL OR (y_centroid >= -15.0 AND y_centroid <= 15.0))),
    CONSTRAINT ck_clusters_z_centroid_range CHECK ((z_centroid IS NULL OR (z_centroid >= -15.0 AND z_centroid <= 15.0)))
);

CREATE TABLE workspaces (
    workspace_id VARCHAR(255) NOT NULL,
    name VARCHAR(255) NOT NULL,
    slug VARCHAR(255) NOT NULL,
    description TEXT,
    owner_id VARCHAR(255),
    team_id VARCHAR(255),
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (workspace_id),
    FOREIGN KEY(team_id) REFERENCES teams (team_id) ON DELETE SET NULL
);

CREATE TABLE cluster_members (
    id INTEGER NOT NULL,
    memory_id VARCHAR(255) NOT NULL,
    anchor VARCHAR(255),
    summary TEXT NOT NULL,
    tokens INTEGER,
    chars INTEGER,
    cluster_id INTEGER NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(cluster_id) REFERENCES clusters (id) ON DELETE CASCADE
);

CREATE TABLE workspace_members (
    id INTEGER NOT NULL,
    workspace_id VARCHAR(255) NOT NULL,
    user_id VARCHAR(255) NOT NULL,
    role VARCHAR(50) NOT NULL,
    is_admin BOOLEAN NOT NULL,
    is_agent BOOLEAN NOT NULL,
    joined_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_workspace_member UNIQUE (workspace_id, user_id),
    FOREIGN KEY(workspace_id) REFERENCES workspaces (workspace_id) ON DELETE CASCADE
);

CREATE TABLE chat_history (
    chat_id VARCHAR(255) NOT NULL,
    user_input TEXT NOT NULL,
    ai_output TEXT NOT NULL,
    model VARCHAR(255) NOT NULL,
    timestamp DATETIME NOT NULL,
    session_id VARCHAR(255) NOT NULL,
    namespace VARCHAR(255) NOT NULL,
    tokens_used INTEGER,
    metadata JSON,
    team_id VARCHAR(255),
    workspace_id VARCHAR(255),
    last_edited_by_model VARCHAR(255),
    PRIMARY KEY (chat_id),
    FOREIGN KEY(team_id) REFERENCES teams (team_id) ON DELETE SET NULL,
    FOREIGN KEY(workspace_id) REFERENCES workspaces (workspace_id) ON DELETE SET NULL
);

CREATE TABLE long_term_memory (
    memory_id VARCHAR(255) NOT NULL,
    original_chat_id VARCHAR(255),
    processed_data JSON NOT NULL,
    importance_score FLOAT NOT NULL,
    category_primary VARCHAR(255) NOT NULL,
    retention_type VARCHAR(50) NOT NULL,
    namespace VARCHAR(255) NOT NULL,
    timestamp DATETIME NOT NULL,
    created_at DATETIME NOT NULL,
    access_count INTEGER,
    last_accessed DATETIME,
    searchable_content TEXT NOT NULL,
    summary TEXT NOT NULL,
    novelty_score FLOAT,
    relevance_score FLOAT,
    actionability_score FLOAT,
    x_coord FLOAT,
    y_coord FLOAT,
    z_coord FLOAT,
    symbolic_anchors JSON,
    embedding JSON,
    documents_json JSON,
    team_id VARCHAR(255),
    workspace_id VARCHAR(255),
    last_edited_by_model VARCHAR(255),
    classification VARCHAR(50) NOT NULL,
    memory_importance VARCHAR(20) NOT NULL,
    topic VARCHAR(255),
    entities_json JSON,
    keywords_json JSON,
    is_user_context BOOLEAN,
    is_preference BOOLEAN,
    is_skill_knowledge BOOLEAN,
    is_current_project BOOLEAN,
    promotion_eligible BOOLEAN,
    duplicate_of VARCHAR(255),
    supersedes_json JSON,
    related_memories_json JSON,
    confidence_score FLOAT,
    extraction_timestamp DATETIME NOT NULL,
    classification_reason TEXT,
    processed_for_duplicates BOOLEAN,
    conscious_processed BOOLEAN,
    PRIMARY KEY (memory_id),
    CONSTRAINT ck_long_term_y_coord_range CHECK ((y_coord IS NULL OR (y_coord >= -15.0 AND y_coord <= 15.0))),
    CONSTRAINT ck_long_term_z_coord_range CHECK ((z_coord IS NULL OR (z_coord >= -15.0 AND z_coord <= 15.0))),
    FOREIGN KEY(team_id) REFERENCES teams (team_id) ON DELETE SET NULL,
    FOREIGN KEY(workspace_id) REFERENCES workspaces (workspace_id) ON DELETE SET NULL
);

CREATE TABLE spatial_metadata (
    memory_id VARCHAR(255) NOT NULL,
    namespace VARCHAR(255) NOT NULL,
    team_id VARCHAR(255),
    timestamp DATETIME NOT NULL,
    x FLOAT,
    y FLOAT,
    z FLOAT,
    symbolic_anchors JSON,
    workspace_id VARCHAR(255),
    PRIMARY KEY (memory_id),
    CONSTRAINT ck_spatial_metadata_namespace_nonempty CHECK (namespace <> ''),
    CONSTRAINT ck_spatial_metadata_y_range CHECK ((y IS NULL OR (y >= -15.0 AND y <= 15.0))),
    CONSTRAINT ck_spatial_metadata_z_range CHECK ((z IS NULL OR (z >= -15.0 AND z <= 15.0))),
    FOREIGN KEY(team_id) REFERENCES teams (team_id) ON DELETE SET NULL,
    FOREIGN KEY(workspace_id) REFERENCES workspaces (workspace_id) ON DELETE SET NULL
);

CREATE TABLE memory_access_events (
    id INTEGER NOT NULL,
    memory_id VARCHAR(255) NOT NULL,
    namespace VARCHAR(255) NOT NULL,
    team_id VARCHAR(255),
    accessed_at DATETIME NOT NULL,
    access_type VARCHAR(50) NOT NULL,
    source VARCHAR(50),
    metadata_json JSON,
    workspace_id VARCHAR(255),
    PRIMARY KEY (id),
    FOREIGN KEY(workspace_id) REFERENCES workspaces (workspace_id) ON DELETE SET NULL
);

CREATE TABLE retention_policy_audits (
    id INTEGER NOT NULL,
    memory_id VARCHAR(255),
    namespace VARCHAR(255) NOT NULL,
    policy_name VARCHAR(255) NOT NULL,
    action VARCHAR(50) NOT NULL,
    escalate_to VARCHAR(255),
    details JSON,
    created_at DATETIME NOT NULL,
    team_id VARCHAR(255),
    workspace_id VARCHAR(255),
    PRIMARY KEY (id),
    FOREIGN KEY(team_id) REFERENCES teams (team_id) ON DELETE SET NULL,
    FOREIGN KEY(workspace_id) REFERENCES workspaces (workspace_id) ON DELETE SET NULL
);

CREATE TABLE policy_artifacts (
    id INTEGER NOT NULL,
    name VARCHAR(255) NOT NULL,
    artifact_type VARCHAR(50) NOT NULL,
    namespace VARCHAR(255) NOT NULL,
    payload JSON NOT NULL,
    schema_version VARCHAR(50) NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    created_by VARCHAR(255),
    workspace_id VARCHAR(255),
    team_id VARCHAR(255),
    PRIMARY KEY (id),
    CONSTRAINT uq_policy_artifacts_identity UNIQUE (name, namespace, workspace_id),
    FOREIGN KEY(workspace_id) REFERENCES workspaces (workspace_id) ON DELETE SET NULL,
    FOREIGN KEY(team_id) REFERENCES teams (team_id) ON DELETE SET NULL
);

CREATE TABLE short_term_memory (
    memory_id VARCHAR(255) NOT NULL,
    chat_id VARCHAR(255),
    processed_data JSON NOT NULL,
    importance_score FLOAT NOT NULL,
    category_primary VARCHAR(255) NOT NULL,
    retention_type VARCHAR(50) NOT NULL,
    namespace VARCHAR(255) NOT NULL,
    created_at DATETIME NOT NULL,
    expires_at DATETIME,
    access_count INTEGER,
    last_accessed DATETIME,
    searchable_content TEXT NOT NULL,
    summary TEXT NOT NULL,
    is_permanent_context BOOLEAN,
    x_coord FLOAT,
    y_coord FLOAT,
    z_coord FLOAT,
    symbolic_anchors JSON,
    embedding JSON,
    team_id VARCHAR(255),
    workspace_id VARCHAR(255),
    last_edited_by_model VARCHAR(255),
    PRIMARY KEY (memory_id),
    CONSTRAINT ck_short_term_y_coord_range CHECK ((y_coord IS NULL OR (y_coord >= -15.0 AND y_coord <= 15.0))),
    CONSTRAINT ck_short_term_z_coord_range CHECK ((z_coord IS NULL OR (z_coord >= -15.0 AND z_coord <= 15.0))),
    FOREIGN KEY(chat_id) REFERENCES chat_history (chat_id) ON DELETE SET NULL,
    FOREIGN KEY(team_id) REFERENCES teams (team_id) ON DELETE SET NULL,
    FOREIGN KEY(workspace_id) REFERENCES workspaces (workspace_id) ON DELETE SET NULL
);

CREATE TABLE rules_memory (
    rule_id TEXT PRIMARY KEY,
    rule_text TEXT NOT NULL,
    rule_type TEXT NOT NULL,
    priority INTEGER DEFAULT 5,
    active BOOLEAN DEFAULT 1,
    context_conditions TEXT,
    namespace TEXT NOT NULL DEFAULT 'default',
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    processed_data TEXT,
    metadata TEXT DEFAULT '{}'
);

CREATE TABLE memory_entities (
    entity_id TEXT PRIMARY KEY,
    memory_id TEXT NOT NULL,
    memory_type TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    entity_value TEXT NOT NULL,
    relevance_score REAL NOT NULL DEFAULT 0.5,
    entity_context TEXT,
    namespace TEXT NOT NULL DEFAULT 'default',
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE memory_relationships (
    relationship_id TEXT PRIMARY KEY,
    source_memory_id TEXT NOT NULL,
    target_memory_id TEXT NOT NULL,
    relationship_type TEXT NOT NULL,
    strength REAL NOT NULL DEFAULT 0.5,
    reasoning TEXT,
    namespace TEXT NOT NULL DEFAULT 'default',
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE service_metadata (
    key VARCHAR(255) PRIMARY KEY,
    value TEXT
);

CREATE INDEX idx_team_created ON teams (created_at);
CREATE UNIQUE INDEX idx_team_slug ON teams (slug);
CREATE INDEX idx_agent_preferred_model ON agents (preferred_model);
CREATE INDEX idx_agent_role ON agents (role);
CREATE INDEX idx_threads_source ON link_memory_threads (source_memory_id);
CREATE INDEX idx_threads_target ON link_memory_threads (target_memory_id);
CREATE INDEX idx_thread_events_namespace ON thread_events (namespace);
CREATE INDEX idx_thread_message_thread ON thread_message_links (thread_id);
CREATE INDEX idx_thread_message_memory ON thread_message_links (memory_id);
CREATE INDEX idx_clusters_weight ON clusters (weight);
CREATE INDEX idx_clusters_last_updated ON clusters (last_updated);
CREATE UNIQUE INDEX idx_workspace_slug ON workspaces (slug);
CREATE INDEX idx_workspace_created ON workspaces (created_at);
CREATE INDEX idx_workspace_owner ON workspaces (owner_id);
CREATE INDEX idx_workspace_team ON workspaces (team_id);
CREATE INDEX idx_cluster_members_cluster ON cluster_members (cluster_id);
CREATE INDEX idx_workspace_member_workspace ON workspace_members (workspace_id);
CREATE INDEX idx_workspace_member_user ON workspace_members (user_id);
CREATE INDEX idx_chat_team_namespace ON chat_history (team_id, namespace);
CREATE INDEX idx_chat_workspace_namespace ON chat_history (workspace_id, namespace);
CREATE INDEX idx_chat_timestamp ON chat_history (timestamp);
CREATE INDEX idx_chat_namespace_session ON chat_history (namespace, session_id);
CREATE INDEX idx_chat_model ON chat_history (model);
CREATE INDEX idx_chat_team ON chat_history (team_id);
CREATE INDEX idx_chat_workspace ON chat_history (workspace_id);
CREATE INDEX idx_chat_last_editor ON chat_history (last_edited_by_model);
CREATE INDEX idx_long_term_namespace_category ON long_term_memory (namespace, category_primary, importance_score);
CREATE INDEX idx_long_term_coords ON long_term_memory (x_coord, y_coord, z_coord);
CREATE INDEX idx_long_term_namespace ON long_term_memory (namespace);
CREATE INDEX idx_long_term_team ON long_term_memory (team_id);
CREATE INDEX idx_long_term_team_namespace ON long_term_memory (team_id, namespace);
CREATE INDEX idx_long_term_category ON long_term_memory (category_primary);
CREATE INDEX idx_long_term_importance ON long_term_memory (importance_score);
CREATE INDEX idx_long_term_created ON long_term_memory (created_at);
CREATE INDEX idx_long_term_timestamp ON long_term_memory (timestamp);
CREATE INDEX idx_long_term_access ON long_term_memory (access_count, last_accessed);
CREATE INDEX idx_long_term_namespace_team ON long_term_memory (namespace, team_id);
CREATE INDEX idx_long_term_scores ON long_term_memory (novelty_score, relevance_score, actionability_score);
CREATE INDEX idx_long_term_last_editor ON long_term_memory (last_edited_by_model);
CREATE INDEX idx_long_term_classification ON long_term_memory (classification);
CREATE INDEX idx_long_term_memory_importance ON long_term_memory (memory_importance);
CREATE INDEX idx_long_term_workspace ON long_term_memory (workspace_id);
CREATE INDEX idx_long_term_topic ON long_term_memory (topic);
CREATE INDEX idx_long_term_conscious_flags ON long_term_memory (is_user_context, is_preference, is_skill_knowledge, promotion_eligible);
CREATE INDEX idx_long_term_namespace_workspace ON long_term_memory (namespace, workspace_id);
CREATE INDEX idx_long_term_conscious_processed ON long_term_memory (conscious_processed);
CREATE INDEX idx_long_term_duplicates ON long_term_memory (processed_for_duplicates);
CREATE INDEX idx_long_term_confidence ON long_term_memory (confidence_score);
CREATE INDEX idx_spatial_team_namespace ON spatial_metadata (team_id, namespace);
CREATE INDEX idx_spatial_namespace ON spatial_metadata (namespace);
CREATE INDEX idx_spatial_workspace_namespace ON spatial_metadata (workspace_id, namespace);
CREATE INDEX idx_access_events_team_namespace ON memory_access_events (team_id, namespace, accessed_at);
CREATE INDEX idx_access_events_memory ON memory_access_events (memory_id);
CREATE INDEX idx_access_events_namespace ON memory_access_events (namespace, accessed_at);
CREATE INDEX idx_access_events_workspace_namespace ON memory_access_events (workspace_id, namespace, accessed_at);
CREATE INDEX idx_retention_audits_policy ON retention_policy_audits (policy_name, created_at);
CREATE INDEX idx_retention_audits_namespace ON retention_policy_audits (namespace, created_at);
CREATE INDEX idx_policy_artifacts_type ON policy_artifacts (artifact_type);
CREATE INDEX idx_policy_artifacts_namespace ON policy_artifacts (namespace);
CREATE INDEX idx_short_term_namespace_category ON short_term_memory (namespace, category_primary, importance_score);
CREATE INDEX idx_short_term_category ON short_term_memory (category_primary);
CREATE INDEX idx_short_term_namespace_workspace ON short_term_memory (namespace, workspace_id);
CREATE INDEX idx_short_term_namespace ON short_term_memory (namespace);
CREATE INDEX idx_short_term_importance ON short_term_memory (importance_score);
CREATE INDEX idx_short_term_coords ON short_term_memory (x_coord, y_coord, z_coord);
CREATE INDEX idx_short_term_permanent ON short_term_memory (is_permanent_context);
CREATE INDEX idx_short_term_expires ON short_term_memory (expires_at);
CREATE INDEX idx_short_term_team ON short_term_memory (team_id);
CREATE INDEX idx_short_term_last_editor ON short_term_memory (last_edited_by_model);
CREATE INDEX idx_short_term_created ON short_term_memory (created_at);
CREATE INDEX idx_short_term_workspace ON short_term_memory (workspace_id);
CREATE INDEX idx_short_term_access ON short_term_memory (access_count, last_accessed);
CREATE INDEX idx_short_term_team_namespace ON short_term_memory (team_id, namespace);
CREATE INDEX idx_short_term_namespace_team ON short_term_memory (namespace, team_id);
CREATE UNIQUE INDEX uq_workspace_member ON workspace_members(workspace_id, user_id);
CREATE INDEX idx_short_term_searchable ON short_term_memory(searchable_content);
CREATE INDEX idx_long_term_searchable ON long_term_memory(searchable_content);
CREATE INDEX idx_rules_namespace ON rules_memory(namespace);
CREATE INDEX idx_rules_active ON rules_memory(active);
CREATE INDEX idx_rules_priority ON rules_memory(priority);
CREATE INDEX idx_rules_type ON rules_memory(rule_type);
CREATE INDEX idx_rules_updated ON rules_memory(updated_at);
CREATE INDEX idx_entities_namespace ON memory_entities(namespace);
CREATE INDEX idx_entities_type ON memory_entities(entity_type);
CREATE INDEX idx_entities_value ON memory_entities(entity_value);
CREATE INDEX idx_entities_memory ON memory_entities(memory_id, memory_type);
CREATE INDEX idx_entities_relevance ON memory_entities(relevance_score);
CREATE INDEX idx_entities_value_type ON memory_entities(entity_value, entity_type);
CREATE INDEX idx_relationships_source ON memory_relationships(source_memory_id);
CREATE INDEX idx_relationships_target ON memory_relationships(target_memory_id);
CREATE INDEX idx_relationships_type ON memory_relationships(relationship_type);
CREATE INDEX idx_relationships_strength ON memory_relationships(strength);
